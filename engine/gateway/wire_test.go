package gateway

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// @camunda8/sdk compresses every request.
func TestGzipRequests(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	if _, err := g.client.Topology(t.Context(), &gatewaypb.TopologyRequest{}, grpc.UseCompressor(gzip.Name)); err != nil {
		t.Errorf("gzip: %v", err)
	}
}

// @camunda8/sdk without credentials sends the header with nothing in it.
func TestEmptyAuthorizationHeader(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "")
	if _, err := g.client.Topology(ctx, &gatewaypb.TopologyRequest{}); err != nil {
		t.Errorf("empty authorization: %v", err)
	}
}

// pyzeebe checks health, and the published service config makes Java clients do it.
func TestHealth(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	client := grpc_health_v1.NewHealthClient(g.dial(t))
	check := func(service string, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		got, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || got.Status != want {
			t.Errorf("%q is %v (%v), expected %v", service, got, err, want)
		}
	}
	for _, service := range []string{"", "gateway_protocol.Gateway", "payhub.v1.Engine"} {
		g.SetServing(true)
		check(service, grpc_health_v1.HealthCheckResponse_SERVING)
		g.SetServing(false)
		check(service, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	}
}

// A request far beyond the limit is refused by gRPC itself, before it is in memory.
func TestRequestFarOverTheLimit(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}, MaxMessageSize: 1000})
	_, err := g.client.CreateProcessInstance(t.Context(), &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: strings.Repeat("x", 5000)})
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v", err)
	}
}

// connections counts connections as the server sees them.
type connections struct{ begun atomic.Int32 }

func (*connections) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*connections) HandleRPC(context.Context, stats.RPCStats)                         {}
func (*connections) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (c *connections) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, ok := s.(*stats.ConnBegin); ok {
		c.begun.Add(1)
	}
}

// Clients ping every 45 s with calls and every 360 s without. A server with gRPC's default
// enforcement ends the connection at the third ping. Shown with pings every 11 s, since the
// limit is 10 s: four of them, with no call open.
func TestPingsWithoutCallsAreAllowed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 45 s of real time: gRPC clients cannot ping faster")
	}
	t.Parallel()
	var seen connections
	g := serve(t, Config{Router: &fakeRouter{}, Options: []grpc.ServerOption{grpc.StatsHandler(&seen)}},
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 11 * time.Second, PermitWithoutStream: true}))
	for _, idle := range []time.Duration{45 * time.Second, 0} {
		if _, err := g.client.Topology(t.Context(), &gatewaypb.TopologyRequest{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(idle)
	}
	if n := seen.begun.Load(); n != 1 {
		t.Errorf("%d connections: pings were punished", n)
	}
}
