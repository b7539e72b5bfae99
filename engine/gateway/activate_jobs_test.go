package gateway

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
)

func activation32(requestTimeout int64) *gatewaypb.ActivateJobsRequest {
	return &gatewaypb.ActivateJobsRequest{Type: "work", Worker: "w", Timeout: 1000, MaxJobsToActivate: 32, RequestTimeout: requestTimeout}
}

// activate makes the call and collects the keys of the jobs it brings.
func (g *gatewayUnderTest) activate(ctx context.Context, request *gatewaypb.ActivateJobsRequest) ([]int64, error) {
	stream, err := g.client.ActivateJobs(ctx, request)
	if err != nil {
		return nil, err
	}
	var keys []int64
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		for _, job := range response.Jobs {
			keys = append(keys, job.Key)
		}
	}
}

func TestActivatedJobHasEveryField(t *testing.T) {
	job := record.Job{
		Type: "work", Worker: "w", Retries: 3, Deadline: 12345, CustomHeaders: document(t, `{"h":"1"}`), Variables: document(t, `{"a":1}`),
		ElementID: "e", ElementInstanceKey: 6, BpmnProcessID: "p", ProcessDefinitionVersion: 2, ProcessDefinitionKey: 11, ProcessInstanceKey: 5, Tags: []string{"t"},
	}
	want := &gatewaypb.ActivatedJob{
		Key: key2, Type: "work", Worker: "w", Retries: 3, Deadline: 12345, CustomHeaders: `{"h":"1"}`, Variables: `{"a":1}`,
		ElementId: "e", ElementInstanceKey: 6, BpmnProcessId: "p", ProcessDefinitionVersion: 2, ProcessDefinitionKey: 11, ProcessInstanceKey: 5, Tags: []string{"t"},
		TenantId: "<default>", ListenerEventType: gatewaypb.ActivatedJob_UNSPECIFIED,
	}
	if diff := cmp.Diff(want, activatedJob(key2, &job, nil), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	job.Variables = document(t, `{"a":1,"b":2}`)
	if got := activatedJob(key2, &job, []string{"b", "c"}).Variables; got != `{"b":2}` {
		t.Errorf("of the variables b and c: %s", got)
	}
	if want.ListenerEventType != 6 {
		t.Error("UNSPECIFIED must be 6 on the wire")
	}
}

// Jobs of all partitions come in one call, and no more than were asked for.
func TestActivateSweepsThePartitions(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router})
	for i := range int64(3) {
		router.addJob(record.Key(1, i))
		router.addJob(record.Key(2, i))
	}
	request := activation32(0)
	request.MaxJobsToActivate = 5
	keys, err := g.activate(t.Context(), request)
	if err != nil || len(keys) != 5 {
		t.Fatalf("%v, %v", keys, err)
	}
	if rest, err := g.activate(t.Context(), activation32(0)); err != nil || len(rest) != 1 || slices.Contains(keys, rest[0]) {
		t.Fatalf("%v, %v", rest, err)
	}
}

// An empty poll: at once when the caller does not want to wait or wants no job, else at the end
// of its time, and always well.
func TestEmptyPollsEndWell(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}, LongPoll: 60 * time.Millisecond})
	none := activation32(0)
	none.MaxJobsToActivate = 0
	for _, c := range []struct {
		request  *gatewaypb.ActivateJobsRequest
		min, max time.Duration
	}{
		{activation32(-1), 0, 50 * time.Millisecond},
		{none, 0, 50 * time.Millisecond},
		{activation32(0), 60 * time.Millisecond, 500 * time.Millisecond},
		{activation32(120), 120 * time.Millisecond, 600 * time.Millisecond},
	} {
		start := time.Now()
		keys, err := g.activate(t.Context(), c.request)
		if took := time.Since(start); err != nil || len(keys) > 0 || took < c.min || took > c.max {
			t.Errorf("requestTimeout %d, max %d: %v, %v after %v", c.request.RequestTimeout, c.request.MaxJobsToActivate, keys, err, took)
		}
	}
}

// A poll longer than the caller's deadline ends before it, with OK.
func TestPollEndsBeforeTheDeadline(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := g.activate(ctx, activation32(60000)); err != nil {
		t.Errorf("got %v, expected OK", err)
	}
}

// A job that comes into being while a poll waits is there at once, without any probing.
func TestPollIsWoken(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router, Probe: time.Hour})
	found := make(chan []int64)
	go func() {
		keys, _ := g.activate(t.Context(), activation32(5000))
		found <- keys
	}()
	eventually(t, "the poll waits", func() bool { return g.polls.waiting.Load() == 1 && len(router.sent()) == 2 })
	router.addJob(key2)
	if keys := <-found; !slices.Equal(keys, []int64{key2}) {
		t.Errorf("got %v", keys)
	}
}

// Many polls, one job: one poll asks for it. It then wakes the next, which finds nothing and
// waits on; the others are left alone.
func TestOneJobWakesFewPolls(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router, Probe: time.Hour})
	const polls = 20
	found := make(chan []int64, polls)
	ctx, cancel := context.WithCancel(t.Context())
	for range polls {
		go func() {
			keys, _ := g.activate(ctx, activation32(60000))
			found <- keys
		}()
	}
	eventually(t, "all polls wait", func() bool { return g.polls.waiting.Load() == polls && len(router.sent()) == 2*polls })
	router.addJob(key2)
	if keys := <-found; !slices.Equal(keys, []int64{key2}) {
		t.Errorf("got %v", keys)
	}
	eventually(t, "the others wait", func() bool { return g.polls.waiting.Load() == polls-1 })
	if n := len(router.sent()) - 2*polls; n > 4 {
		t.Errorf("%d commands for one job, expected at most 2 sweeps of 2 partitions", n)
	}
	cancel()
	for range polls - 1 {
		<-found
	}
}

// Jobs leased for a caller who has left meanwhile are available again at once.
func TestCancelledPollHandsJobsBack(t *testing.T) {
	router := &fakeRouter{}
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan struct{})
	router.answer = func(_ context.Context, partition int32, command record.Record) (record.Record, error) {
		if batch, ok := command.Value.(*record.JobBatch); ok && partition == 2 {
			cancel() // the caller leaves while the command is under way
			<-left
			return router.lease(partition, command, batch), nil
		}
		if command.Intent == record.JobYield && command.ValueType == record.JobValue {
			router.yield(command.Key)
		}
		return event(command.Key, record.JobBatchActivated, &record.JobBatch{}), nil
	}
	g := serve(t, Config{Router: router})
	router.available = []int64{key2, key2 + 1}
	go func() {
		<-ctx.Done()
		time.Sleep(50 * time.Millisecond) // until the server has heard of it
		close(left)
	}()
	if _, err := g.activate(ctx, activation32(5000)); status.Code(err) != codes.Canceled {
		t.Fatalf("got %v", err)
	}
	eventually(t, "both jobs are available again", func() bool {
		available, leased := router.jobs()
		return len(available) == 2 && len(leased) == 0
	})
}

// A batch larger than a message goes out in several.
func TestLargeBatchesAreSplit(t *testing.T) {
	router := &fakeRouter{}
	text := document(t, `{"v":"`+strings.Repeat("x", 400)+`"}`)
	router.answer = func(_ context.Context, partition int32, command record.Record) (record.Record, error) {
		batch := &record.JobBatch{}
		if partition == 1 {
			for i := range int64(5) {
				batch.JobKeys = append(batch.JobKeys, i)
				batch.Jobs = append(batch.Jobs, record.Job{Variables: text})
			}
		}
		return event(-1, record.JobBatchActivated, batch), nil
	}
	g := serve(t, Config{Router: router, MaxMessageSize: 1000})
	stream, err := g.client.ActivateJobs(t.Context(), activation32(0))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(response.Jobs))
	}
	if !slices.Equal(sizes, []int{2, 2, 1}) {
		t.Errorf("messages of %v jobs", sizes)
	}
}

// One partition that cannot answer does not spoil the call; all of them, or an overload without
// any job, do.
func TestPartitionsThatFail(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second error
		code          codes.Code
	}{
		{"one has no leader", ErrUnavailable, nil, codes.OK},
		{"none has a leader", ErrUnavailable, ErrUnavailable, codes.Unavailable},
		{"one is overloaded", nil, ErrOverloaded, codes.ResourceExhausted},
	} {
		router := &fakeRouter{}
		router.answer = func(_ context.Context, partition int32, _ record.Record) (record.Record, error) {
			if err := []error{c.first, c.second}[partition-1]; err != nil {
				return record.Record{}, err
			}
			return event(-1, record.JobBatchActivated, &record.JobBatch{}), nil
		}
		g := serve(t, Config{Router: router, LongPoll: 20 * time.Millisecond})
		if _, err := g.activate(t.Context(), activation32(0)); status.Code(err) != c.code {
			t.Errorf("%s: %v, expected %s", c.name, err, c.code)
		}
	}
}

// What could never get a job is refused before any partition is asked.
func TestActivateRefused(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router})
	noType, noTimeout := activation32(0), activation32(0)
	noType.Type, noTimeout.Timeout = "", -5
	_, err := g.activate(t.Context(), noType)
	expectStatus(t, err, codes.InvalidArgument, "Command 'ACTIVATE' rejected with code 'INVALID_ARGUMENT': Expected to activate job batch with type to be present, but it was blank")
	_, err = g.activate(t.Context(), noTimeout)
	expectStatus(t, err, codes.InvalidArgument, "Command 'ACTIVATE' rejected with code 'INVALID_ARGUMENT': Expected to activate job batch with timeout to be greater than zero, but it was '-5'")
	if len(router.sent()) > 0 {
		t.Error("a partition was asked")
	}
}

// The engine's refusal is the call's.
func TestActivateRejected(t *testing.T) {
	router := &fakeRouter{answer: func(_ context.Context, _ int32, command record.Record) (record.Record, error) {
		return refusal(command, record.InvalidArgument, "no type"), nil
	}}
	g := serve(t, Config{Router: router})
	_, err := g.activate(t.Context(), activation32(0))
	expectStatus(t, err, codes.InvalidArgument, "Command 'ACTIVATE' rejected with code 'INVALID_ARGUMENT': no type")
}

// Stopping ends waiting polls well.
func TestStopEndsPolls(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router})
	ended := make(chan error)
	go func() {
		_, err := g.activate(t.Context(), activation32(60000))
		ended <- err
	}()
	eventually(t, "the poll waits", func() bool { return g.polls.waiting.Load() == 1 })
	g.Stop(t.Context())
	if err := <-ended; err != nil {
		t.Errorf("got %v, expected OK", err)
	}
}
