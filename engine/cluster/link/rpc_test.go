package link_test

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"

	"github.com/payhub/payhub/engine/cluster/link"
)

func TestGRPCKnowsWhoCalls(t *testing.T) {
	guarded(t, func(t *testing.T, guard func(int32) func(*link.Config)) {
		d := &directory{}
		a, b := start(t, d, identity(0), guard(0)), start(t, d, identity(1), guard(1))
		callers := make(chan link.Identity, 1)
		server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			from, _ := peer.FromContext(ctx)
			callers <- from.Addr.(link.Addr).Node
			return handle(ctx, request)
		}))
		grpc_health_v1.RegisterHealthServer(server, health.NewServer())
		ended := make(chan error)
		go func() { ended <- server.Serve(b.RPC()) }()

		client, err := grpc.NewClient("passthrough:///1-g1", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, serverID string) (net.Conn, error) { return a.DialRPC(ctx, serverID) }))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		stub := grpc_health_v1.NewHealthClient(client)
		if _, err := stub.Check(within(t, 10*time.Second), &grpc_health_v1.HealthCheckRequest{}); err != nil {
			t.Fatal(err)
		}
		if who := <-callers; who != a.id {
			t.Errorf("the caller is %v", who)
		}

		watching, hangUp := context.WithCancel(t.Context())
		defer hangUp()
		watch, err := stub.Watch(watching, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := watch.Recv(); err != nil {
			t.Fatal(err)
		}
		stopped := make(chan struct{})
		go func() { // an orderly end: the listener goes first, calls under way end in their own time
			defer close(stopped)
			server.GracefulStop()
		}()
		eventually(t, "the listener is closed", func() bool { return visit(t, a, "1-g1") != nil })
		select {
		case <-stopped:
			t.Error("a call under way was ended")
		case <-time.After(50 * time.Millisecond):
		}
		hangUp()
		<-stopped
		if err := <-ended; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
}
