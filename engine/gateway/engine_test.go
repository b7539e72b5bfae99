package gateway

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

// memoryLog commits at once, to a store in memory.
type memoryLog struct {
	sync.RWMutex
	store  *state.Memory
	leader chan partition.Leadership
}

func (m *memoryLog) Propose(_ uint64, _ []byte, rows []record.Row) error {
	m.Lock()
	defer m.Unlock()
	m.store.Apply(rows)
	return nil
}

func (m *memoryLog) Leadership() <-chan partition.Leadership { return m.leader }

func (m *memoryLog) Full() error { return nil }

// withEngine serves the real engine, one partition over a log in memory, with the test's process.
func withEngine(t *testing.T, config Config) *gatewayUnderTest {
	t.Helper()
	log := &memoryLog{store: state.NewMemory(), leader: make(chan partition.Leadership, 1)}
	router := cluster.NewRouter(cluster.Config{ClusterSize: 1, ReplicationFactor: 1, Host: "127.0.0.1"})
	p := partition.Open(partition.Config{
		ID: 1, Log: log, Reading: log.RLocker(), JobsAvailable: router.JobsAvailable,
		NewMachine: func() partition.Machine { return core.New(1, 1, log.store, core.Limits{}) },
	})
	t.Cleanup(p.Close)
	router.Add(1, p)
	log.leader <- partition.Leadership{Leader: true, Term: 1}
	eventually(t, "the partition leads", p.Leads)
	config.Router = router
	g := serve(t, config)
	model, err := os.ReadFile("testdata/order.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.client.DeployResource(t.Context(), &gatewaypb.DeployResourceRequest{Resources: []*gatewaypb.Resource{{Name: "order.bpmn", Content: model}}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func orderOnce(body byte) *enginepb.CreateOnceRequest {
	return &enginepb.CreateOnceRequest{
		TenantId: "greenbank", Api: "order", IdempotencyKey: "id-1", BodyHash: []byte{body}, BpmnProcessId: "order", Variables: `{"orderId":"o-1"}`,
	}
}

func (g *gatewayUnderTest) lookup(t *testing.T, key int64) *enginepb.LookupResponse {
	t.Helper()
	found, err := g.engine.Lookup(t.Context(), &enginepb.LookupRequest{By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: key}})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A hundred callers with one idempotency key: one instance, one answer for all, there at once;
// another body is refused with whose the key is; and so it stays after the instance has ended.
func TestEngineCreatesOnce(t *testing.T) {
	g := withEngine(t, Config{})
	var mutex sync.Mutex
	keys, created := map[int64]bool{}, 0
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() {
			answer, err := g.engine.CreateOnce(t.Context(), orderOnce(1))
			if err != nil {
				t.Error(err)
				return
			}
			mutex.Lock()
			defer mutex.Unlock()
			keys[answer.ProcessInstanceKey] = true
			if answer.Created {
				created++
			}
		})
	}
	callers.Wait()
	if len(keys) != 1 || created != 1 {
		t.Fatalf("%d instances, %d callers told that theirs was new", len(keys), created)
	}
	var key int64
	for key = range keys {
		break
	}
	if found := g.lookup(t, key); found.State != enginepb.InstanceState_INSTANCE_STATE_ACTIVE || found.Variables != `{"orderId":"o-1"}` || found.CreatedAt == 0 {
		t.Errorf("right after the create: %v", found)
	}
	conflict := func() {
		t.Helper()
		_, err := g.engine.CreateOnce(t.Context(), orderOnce(2))
		want := []any{&enginepb.IdempotencyConflict{TenantId: "greenbank", Api: "order", IdempotencyKey: "id-1", ProcessInstanceKey: key}}
		if diff := cmp.Diff(want, status.Convert(err).Details(), protocmp.Transform()); diff != "" || status.Code(err) != codes.AlreadyExists {
			t.Error(err, diff)
		}
	}
	conflict()
	if _, err := g.client.CancelProcessInstance(t.Context(), &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: key}); err != nil {
		t.Fatal(err)
	}
	conflict()
	if again, err := g.engine.CreateOnce(t.Context(), orderOnce(1)); err != nil || again.Created || again.ProcessInstanceKey != key {
		t.Errorf("a repeat after the end: %v, %v", again, err)
	}
	if found := g.lookup(t, key); found.State != enginepb.InstanceState_INSTANCE_STATE_TERMINATED || found.EndedAt == 0 {
		t.Errorf("after the end: %v", found)
	}
}

// Each outcome of a message.
func TestEnginePublishesWithOutcome(t *testing.T) {
	g := withEngine(t, Config{})
	instance, err := g.engine.CreateOnce(t.Context(), orderOnce(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		request *enginepb.PublishWithOutcomeRequest
		outcome enginepb.Outcome
		mine    bool // the instance above gets it
		others  int
	}{
		{&enginepb.PublishWithOutcomeRequest{Name: "paid", CorrelationKey: "o-2"}, enginepb.Outcome_OUTCOME_NOT_CORRELATED, false, 0},
		{&enginepb.PublishWithOutcomeRequest{Name: "paid", CorrelationKey: "o-2", TimeToLive: 60000, MessageId: "1"}, enginepb.Outcome_OUTCOME_BUFFERED, false, 0},
		{&enginepb.PublishWithOutcomeRequest{Name: "paid", CorrelationKey: "o-2", TimeToLive: 60000, MessageId: "1"}, enginepb.Outcome_OUTCOME_DUPLICATE, false, 0},
		{&enginepb.PublishWithOutcomeRequest{Name: "paid", CorrelationKey: "o-1", Variables: `{"paid":true}`}, enginepb.Outcome_OUTCOME_CORRELATED, true, 0},
		{&enginepb.PublishWithOutcomeRequest{Name: "ordered", CorrelationKey: "o-3", Variables: `{"orderId":"o-3"}`}, enginepb.Outcome_OUTCOME_STARTED, false, 1},
	} {
		got, err := g.engine.PublishWithOutcome(t.Context(), c.request)
		if err != nil {
			t.Fatal(err)
		}
		mine := slices.Contains(got.ProcessInstanceKeys, instance.ProcessInstanceKey)
		others := len(got.ProcessInstanceKeys)
		if mine {
			others--
		}
		if got.Outcome != c.outcome || mine != c.mine || others != c.others {
			t.Errorf("%v: %v", c.request, got)
		}
	}
	if found := g.lookup(t, instance.ProcessInstanceKey); found.Variables != `{"orderId":"o-1","paid":true}` {
		t.Errorf("the instance has %s", found.Variables)
	}
}

// startPaid makes jobs of type ship by starting instances whose message is there already.
func (g *gatewayUnderTest) startPaid(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("paid-%d", i)
		_, err := g.client.PublishMessage(t.Context(), &gatewaypb.PublishMessageRequest{Name: "paid", CorrelationKey: id, TimeToLive: 60000})
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.client.CreateProcessInstance(t.Context(), &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "order", Version: -1, Variables: `{"orderId":"` + id + `","x":1}`})
		if err != nil {
			t.Fatal(err)
		}
	}
}

var ship = &gatewaypb.ActivateJobsRequest{Type: "ship", Worker: "w", Timeout: 60000, MaxJobsToActivate: 100, RequestTimeout: 5000, FetchVariable: []string{"x"}}

// A job too large for any client becomes an incident that says so, not an endless loop of leases,
// by poll and by stream; without the large variable a worker can have it.
func TestEngineJobOverTheMessageLimit(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		g := withEngine(t, Config{MaxMessageSize: 2000})
		if streamed {
			g.stream(t, t.Context(), &gatewaypb.StreamActivatedJobsRequest{Type: "ship", Worker: "w", Timeout: 60000})
		}
		instance, err := g.engine.CreateOnce(t.Context(), orderOnce(1))
		if err != nil {
			t.Fatal(err)
		}
		large := `{"a":"` + strings.Repeat("x", 1500) + `"}`
		_, err = g.client.SetVariables(t.Context(), &gatewaypb.SetVariablesRequest{ElementInstanceKey: instance.ProcessInstanceKey, Variables: large})
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.client.PublishMessage(t.Context(), &gatewaypb.PublishMessageRequest{Name: "paid", CorrelationKey: "o-1", Variables: `{"b` + large[3:]})
		if err != nil {
			t.Fatal(err)
		}
		all := proto.CloneOf(ship)
		all.FetchVariable, all.RequestTimeout = nil, 100
		if !streamed {
			if keys, err := g.activate(t.Context(), all); err != nil || len(keys) > 0 {
				t.Fatalf("%v, %v", keys, err)
			}
		}
		eventually(t, "there is an incident", func() bool { return len(g.lookup(t, instance.ProcessInstanceKey).Incidents) == 1 })
		incident := g.lookup(t, instance.ProcessInstanceKey).Incidents[0]
		if incident.ErrorType != record.ErrorTypeMessageSizeExceeded || !strings.Contains(incident.ErrorMessage, "the limit is 2000") {
			t.Errorf("incident %v", incident)
		}
		if streamed {
			continue
		}
		_, err = g.client.UpdateJobRetries(t.Context(), &gatewaypb.UpdateJobRetriesRequest{JobKey: incident.JobKey, Retries: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = g.client.ResolveIncident(t.Context(), &gatewaypb.ResolveIncidentRequest{IncidentKey: incident.Key}); err != nil {
			t.Fatal(err)
		}
		if keys, err := g.activate(t.Context(), ship); err != nil || !slices.Equal(keys, []int64{incident.JobKey}) {
			t.Errorf("with fewer variables: %v, %v", keys, err)
		}
	}
}

// A poll that waits gets a job as soon as there is one, and a cancelled one leaves none behind.
func TestEngineWakesPolls(t *testing.T) {
	g := withEngine(t, Config{Probe: time.Hour})
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(3 * time.Millisecond)
			cancel()
		}()
		_, _ = g.activate(ctx, ship)
		cancel()
	}
	found := make(chan []int64)
	go func() {
		keys, err := g.activate(t.Context(), ship)
		if err != nil {
			t.Error(err)
		}
		found <- keys
	}()
	eventually(t, "one poll waits", func() bool { return g.polls.waiting.Load() == 1 })
	began := time.Now()
	g.startPaid(t, 1)
	if keys := <-found; len(keys) != 1 || time.Since(began) > time.Second {
		t.Errorf("jobs %v after %v", keys, time.Since(began))
	}
}

// Two workers' streams share the jobs; what one did not take before it left goes to the other.
func TestEngineSharesJobsBetweenStreams(t *testing.T) {
	g := withEngine(t, Config{StreamCredits: 4})
	request := &gatewaypb.StreamActivatedJobsRequest{Type: "ship", Worker: "w", Timeout: 60000, FetchVariable: []string{"x"}}
	firstContext, leave := context.WithCancel(t.Context())
	defer leave()
	first := g.stream(t, firstContext, request)
	second := g.stream(t, t.Context(), request)
	const jobs = 20
	g.startPaid(t, jobs)
	got := map[int64]int{}
	for range jobs / 2 {
		for _, stream := range []gatewaypb.Gateway_StreamActivatedJobsClient{first, second} {
			job, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if job.Variables != `{"x":1}` {
				t.Errorf("variables %s", job.Variables)
			}
			got[job.Key]++
		}
	}
	if len(got) != jobs {
		t.Errorf("%d of %d jobs, in turn", len(got), jobs)
	}
	leave()
	g.startPaid(t, 4)
	for range 4 {
		if _, err := second.Recv(); err != nil {
			t.Fatal(err)
		}
	}
}
