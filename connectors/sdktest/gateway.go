package sdktest

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
)

// Gateway hands out jobs as a Zeebe-compatible gateway does: leases that run out, retries, back-off, variables local
// to the job, a stream that brings only what becomes available while it is open, and at most one end of a job. It
// has no processes: a test adds jobs and reads how they ended.
type Gateway struct {
	gatewaypb.UnimplementedGatewayServer

	mu        sync.Mutex
	jobs      map[int64]*job
	order     []int64
	streams   map[*pushing]bool
	changed   chan struct{} // closed and replaced whenever anything changed
	noStreams bool
	forgetful bool
	failing   map[string]codes.Code
	listener  *bufconn.Listener
}

// End is how a job stands.
type End struct {
	State     string // activatable, activated, waiting (for its back-off), completed, error, incident
	Variables string // completed: the answer; error: of the error
	Code      string // of the BPMN error
	Message   string // of the last failure or error
	Retries   int32
	Delivered int // how often it was handed out
	Extended  int // how often its lease was extended
}

type job struct {
	gatewaypb.ActivatedJob
	End
	local map[string]json.RawMessage
	due   time.Time // waiting: end of the back-off; activated: end of the lease
}

type pushing struct {
	request *gatewaypb.StreamActivatedJobsRequest
	jobs    chan *gatewaypb.ActivatedJob
}

// GatewayOption changes what a gateway can do.
type GatewayOption func(*Gateway)

// WithoutStreams makes a gateway as before Zeebe 8.4.
func WithoutStreams() GatewayOption { return func(g *Gateway) { g.noStreams = true } }

// DroppingFailVariables makes a gateway that ignores the variables of FailJob, as before Zeebe 8.1.
func DroppingFailVariables() GatewayOption { return func(g *Gateway) { g.forgetful = true } }

// NewGateway starts a gateway that ends with the test, and a client for it.
func NewGateway(t testing.TB, options ...GatewayOption) (*Gateway, *sdk.Client) {
	t.Helper()
	g := &Gateway{
		jobs: map[int64]*job{}, streams: map[*pushing]bool{}, changed: make(chan struct{}),
		failing: map[string]codes.Code{}, listener: bufconn.Listen(1 << 20),
	}
	for _, o := range options {
		o(g)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(g.fail))
	gatewaypb.RegisterGatewayServer(server, g)
	served := make(chan error, 1)
	go func() { served <- server.Serve(g.listener) }()
	ctx, stop := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() { g.tick(ctx) })
	client, err := sdk.Dial("passthrough:///memory", sdk.WithLongPoll(300*time.Millisecond), sdk.WithGRPC(
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return g.listener.DialContext(ctx) }),
	))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close()
		stop()
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("the test gateway ended with %v", err)
		}
		ticking.Wait()
	})
	return g, client
}

// Add makes a job available and returns its key. Retries 0 become 3, variables "" become {}.
func (g *Gateway) Add(j *gatewaypb.ActivatedJob) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := int64(len(g.order) + 1)
	n := &job{local: map[string]json.RawMessage{}}
	n.Key, n.Type, n.CustomHeaders, n.TenantId = key, j.Type, j.CustomHeaders, sdk.DefaultTenant
	n.ProcessInstanceKey, n.ElementInstanceKey, n.BpmnProcessId, n.ElementId = j.ProcessInstanceKey, j.ElementInstanceKey, j.BpmnProcessId, j.ElementId
	n.ActivatedJob.Variables = j.Variables
	if n.End.Retries = j.Retries; j.Retries == 0 {
		n.End.Retries = 3
	}
	if n.ProcessInstanceKey == 0 {
		n.ProcessInstanceKey, n.ElementInstanceKey = 1000+key, 2000+key
	}
	n.State = "activatable"
	g.jobs[key] = n
	g.order = append(g.order, key)
	g.push()
	return key
}

// Fail makes a call, e.g. CompleteJob, answer with a gRPC status until it is called with codes.OK.
func (g *Gateway) Fail(call string, code codes.Code) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing["/gateway_protocol.Gateway/"+call] = code
}

// Expire lets the lease of a job run out now.
func (g *Gateway) Expire(key int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if j := g.jobs[key]; j.State == "activated" {
		j.State = "activatable"
		g.push()
	}
}

// Retry gives an incident's job new retries, as an operator does after mending the cause.
func (g *Gateway) Retry(key int64, retries int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if j := g.jobs[key]; j.State == "incident" {
		j.State, j.End.Retries = "activatable", retries
		g.push()
	}
}

// End says how a job stands now.
func (g *Gateway) End(key int64) End {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.jobs[key].End
}

// Await waits until a job is in one of the states and fails the test after five seconds.
func (g *Gateway) Await(t testing.TB, key int64, states ...string) End {
	t.Helper()
	late := time.After(5 * time.Second)
	for {
		g.mu.Lock()
		end, changed := g.jobs[key].End, g.changed
		g.mu.Unlock()
		for _, s := range states {
			if end.State == s {
				return end
			}
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("job %d is %+v, and was to become one of %v", key, end, states)
		}
	}
}

// fail answers the calls that are to fail.
func (g *Gateway) fail(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	g.mu.Lock()
	code := g.failing[info.FullMethod]
	g.mu.Unlock()
	if code != codes.OK {
		return nil, status.Error(code, "made to fail by the test")
	}
	return next(ctx, request)
}

// tick lets leases and back-offs end.
func (g *Gateway) tick(ctx context.Context) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			g.mu.Lock()
			due := false
			for _, j := range g.jobs {
				if (j.State == "waiting" || j.State == "activated") && now.After(j.due) {
					j.State, due = "activatable", true
				}
			}
			if due {
				g.push()
			}
			g.mu.Unlock()
		}
	}
}

// push offers what is activatable to open streams. The caller holds the lock.
func (g *Gateway) push() {
	close(g.changed)
	g.changed = make(chan struct{})
	for _, key := range g.order {
		for s := range g.streams {
			j := g.jobs[key]
			if j.State != "activatable" || s.request.Type != j.Type || len(s.jobs) == cap(s.jobs) {
				continue
			}
			s.jobs <- j.activate(s.request.Timeout, s.request.FetchVariable)
		}
	}
}

// activate leases a job and returns what its worker gets to see.
func (j *job) activate(timeout int64, fetch []string) *gatewaypb.ActivatedJob {
	j.State, j.due = "activated", time.Now().Add(time.Duration(timeout)*time.Millisecond)
	j.Delivered++
	variables := map[string]json.RawMessage{}
	if j.ActivatedJob.Variables != "" {
		_ = json.Unmarshal([]byte(j.ActivatedJob.Variables), &variables)
	}
	maps.Copy(variables, j.local)
	if len(fetch) > 0 {
		wanted := map[string]json.RawMessage{}
		for _, name := range fetch {
			if v, ok := variables[name]; ok {
				wanted[name] = v
			}
		}
		variables = wanted
	}
	text, _ := json.Marshal(variables)
	return &gatewaypb.ActivatedJob{
		Key: j.Key, Type: j.Type, ProcessInstanceKey: j.ProcessInstanceKey, BpmnProcessId: j.BpmnProcessId,
		ElementId: j.ElementId, ElementInstanceKey: j.ElementInstanceKey, CustomHeaders: j.CustomHeaders,
		Retries: j.End.Retries, Deadline: j.due.UnixMilli(), Variables: string(text), TenantId: j.TenantId,
	}
}
