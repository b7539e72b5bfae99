package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
)

// engine is an engine's services in memory, with the promises of the real ones: created once per key, found at once.
type engine struct {
	enginepb.UnimplementedEngineServer
	gatewaypb.UnimplementedGatewayServer

	mu     sync.Mutex
	once   map[string]*instance
	plain  []string     // variables of instances made without a key
	errors []codes.Code // answers of the next calls
	silent bool         // never answers
	zeebe  bool         // a plain Zeebe
}

type instance struct {
	key       int64
	hash      []byte
	variables map[string]json.RawMessage
	state     enginepb.InstanceState
	ended     int64
}

// newEngine starts the services and a client for them.
func newEngine(t testing.TB) (*engine, *sdk.Client) {
	e := &engine{once: map[string]*instance{}}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnaryInterceptor(e.intercept))
	enginepb.RegisterEngineServer(server, e)
	gatewaypb.RegisterGatewayServer(server, e)
	served := make(chan struct{})
	go func() { _ = server.Serve(listener); close(served) }()
	client, err := sdk.Dial("passthrough:///memory", sdk.WithGRPC(grpc.WithContextDialer(
		func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) })))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(); server.Stop(); <-served })
	return e, client
}

func (e *engine) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	e.mu.Lock()
	silent, code := e.silent, codes.OK
	if len(e.errors) > 0 {
		code, e.errors = e.errors[0], e.errors[1:]
	}
	zeebe := e.zeebe
	e.mu.Unlock()
	switch {
	case silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case code != codes.OK:
		return nil, status.Error(code, "made to fail")
	case zeebe && bytes.HasPrefix([]byte(info.FullMethod), []byte("/payhub.v1.")):
		return nil, status.Error(codes.Unimplemented, "unknown service payhub.v1.Engine")
	}
	return next(ctx, request)
}

func (e *engine) CreateOnce(_ context.Context, r *enginepb.CreateOnceRequest) (*enginepb.CreateOnceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id := r.TenantId + "\x00" + r.Api + "\x00" + r.IdempotencyKey
	if i, ok := e.once[id]; ok {
		if !bytes.Equal(i.hash, r.BodyHash) {
			s, _ := status.New(codes.AlreadyExists, "another body").WithDetails(&enginepb.IdempotencyConflict{TenantId: r.TenantId, IdempotencyKey: r.IdempotencyKey})
			return nil, s.Err()
		}
		return &enginepb.CreateOnceResponse{ProcessInstanceKey: i.key}, nil
	}
	i := &instance{key: int64(len(e.once) + 1), hash: r.BodyHash, state: enginepb.InstanceState_INSTANCE_STATE_ACTIVE}
	if err := json.Unmarshal([]byte(r.Variables), &i.variables); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	i.variables["theFlow"] = json.RawMessage(`"` + r.BpmnProcessId + `"`)
	e.once[id] = i
	return &enginepb.CreateOnceResponse{ProcessInstanceKey: i.key, Created: true}, nil
}

func (e *engine) Lookup(_ context.Context, r *enginepb.LookupRequest) (*enginepb.LookupResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := r.GetIdempotencyKey()
	i, ok := e.once[k.GetTenantId()+"\x00"+k.GetApi()+"\x00"+k.GetKey()]
	if !ok {
		return nil, status.Error(codes.NotFound, "no such instance")
	}
	text, _ := json.Marshal(i.variables)
	return &enginepb.LookupResponse{ProcessInstanceKey: i.key, State: i.state, Variables: string(text), CreatedAt: 1, EndedAt: i.ended}, nil
}

func (e *engine) CreateProcessInstance(_ context.Context, r *gatewaypb.CreateProcessInstanceRequest) (*gatewaypb.CreateProcessInstanceResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plain = append(e.plain, r.Variables)
	return &gatewaypb.CreateProcessInstanceResponse{ProcessInstanceKey: 1}, nil
}

// only is the one instance there is.
func (e *engine) only(t testing.TB) *instance {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.once) != 1 {
		t.Fatalf("there are %d instances, want 1", len(e.once))
	}
	for _, i := range e.once {
		return i
	}
	return nil
}

// set gives the one instance a variable, as its flow would.
func (e *engine) set(t testing.TB, name, value string) {
	i := e.only(t)
	e.mu.Lock()
	defer e.mu.Unlock()
	i.variables[name] = json.RawMessage(value)
}

// end ends the one instance.
func (e *engine) end(t testing.TB, state enginepb.InstanceState) {
	i := e.only(t)
	e.mu.Lock()
	defer e.mu.Unlock()
	i.state, i.ended = state, time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC).UnixMilli()
}

func (e *engine) fail(all ...codes.Code) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.errors = all
}

func (e *engine) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.once)
}
