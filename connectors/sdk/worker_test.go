package sdk_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/connectors/sdktest"
	"github.com/payhub/payhub/engine/gatewaypb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type in struct {
	Amount string `json:"amount"`
}

type out struct {
	Reference string `json:"reference"`
}

var quick = sdk.RetryBackoff(sdk.Backoff{Min: 2 * time.Millisecond, Max: 10 * time.Millisecond, Factor: 2})

func add(g *sdktest.Gateway) int64 {
	return g.Add(&gatewaypb.ActivatedJob{Type: "pay", Variables: `{"amount":"10.50","other":1}`})
}

// Each outcome becomes one command of the engine.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name     string
		handling sdk.Handling[in, out]
		want     sdktest.End
	}{
		{
			"done",
			sdk.Handling[in, out]{Do: always(sdk.Done(out{"r1"}))},
			sdktest.End{State: "completed", Variables: `{"reference":"r1"}`, Retries: 3, Delivered: 1},
		},
		{
			"rejected is a BPMN error",
			sdk.Handling[in, out]{Do: always(sdk.RejectedWith[out](sdk.Rejection{Code: "NoFunds", Message: "too little", Variables: map[string]int{"missing": 3}}))},
			sdktest.End{State: "error", Code: "NoFunds", Message: "too little", Variables: `{"missing":3}`, Retries: 3, Delivered: 1},
		},
		{
			"rejected as an answer",
			sdk.Handling[in, out]{Do: always(sdk.Rejected[out]("NoFunds", "")), OnRejected: func(r sdk.Rejection) out { return out{"no:" + r.Code} }},
			sdktest.End{State: "completed", Variables: `{"reference":"no:NoFunds"}`, Retries: 3, Delivered: 1},
		},
		{
			"retryable until no retries are left",
			sdk.Handling[in, out]{Do: always(sdk.Retryable[out](errors.New("busy"), 0))},
			sdktest.End{State: "incident", Message: "busy", Delivered: 3},
		},
		{
			"fatal at once",
			sdk.Handling[in, out]{Do: always(sdk.Fatal[out](errors.New("no credentials")))},
			sdktest.End{State: "incident", Message: "no credentials", Delivered: 1},
		},
		{
			"unknown without a resolver is for a person",
			sdk.Handling[in, out]{Do: always(sdk.Unknown[out](errors.New("cut")))},
			sdktest.End{State: "incident", Message: "the outcome is unknown and the handler has no resolver; find out at the target before the incident is resolved: cut", Delivered: 1},
		},
		{
			"unknown as an answer",
			sdk.Handling[in, out]{Do: always(sdk.Unknown[out](errors.New("cut"))), OnUnknown: func(error) out { return out{"unknown"} }},
			sdktest.End{State: "completed", Variables: `{"reference":"unknown"}`, Retries: 3, Delivered: 1},
		},
		{
			"unknown, resolved",
			sdk.Handling[in, out]{Do: always(sdk.Unknown[out](errors.New("cut"))), Resolve: always(sdk.Done(out{"found"}))},
			sdktest.End{State: "completed", Variables: `{"reference":"found"}`, Retries: 3, Delivered: 1},
		},
		{
			"the zero outcome is a mistake",
			sdk.Handling[in, out]{Do: always(sdk.Outcome[out]{})},
			sdktest.End{State: "incident", Message: "the handler returned the zero Outcome; return Done, Rejected, Retryable, Unknown or Fatal", Delivered: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, client := sdktest.NewGateway(t)
			sdktest.Run(t, client, sdk.HandleWith("pay", c.handling, quick))
			if got := g.Await(t, add(g), "completed", "error", "incident"); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func always(o sdk.Outcome[out]) func(context.Context, sdk.Job[in]) sdk.Outcome[out] {
	return func(context.Context, sdk.Job[in]) sdk.Outcome[out] { return o }
}

// A panic before anything is known about what was sent must not let the handler run again blindly.
func TestPanicIsAFailureOrAnUnknownOutcome(t *testing.T) {
	boom := func(context.Context, sdk.Job[in]) sdk.Outcome[out] { panic("boom") }
	g, client := sdktest.NewGateway(t)
	sdktest.Run(t, client, sdk.Handle("pay", boom, quick))
	if end := g.Await(t, add(g), "incident"); end.Message != "the handler panicked: boom" || end.Delivered != 3 {
		t.Errorf("%+v", end)
	}
	g, client = sdktest.NewGateway(t)
	sdktest.Run(t, client, sdk.HandleWith("pay", sdk.Handling[in, out]{Do: boom, Resolve: always(sdk.Done(out{"it had gone through"}))}, quick))
	if end := g.Await(t, add(g), "completed", "incident"); end.State != "completed" {
		t.Errorf("%+v", end)
	}
}

// While an outcome is unknown only the resolver runs, over deliveries and workers, until it says that nothing
// happened; then the same key is sent again.
func TestUnknownIsResolvedBeforeAnythingIsSentAgain(t *testing.T) {
	for name, options := range map[string][]sdktest.GatewayOption{"any": nil, "one that drops variables of failures": {sdktest.DroppingFailVariables()}} {
		t.Run(name, func(t *testing.T) { resolvedFirst(t, options...) })
	}
}

func resolvedFirst(t *testing.T, options ...sdktest.GatewayOption) {
	var mu sync.Mutex
	var calls []string
	note := func(s string) int { mu.Lock(); defer mu.Unlock(); calls = append(calls, s); return len(calls) }
	handler := sdk.HandleWith("pay", sdk.Handling[in, out]{
		Do: func(_ context.Context, j sdk.Job[in]) sdk.Outcome[out] {
			if note("send "+j.IdempotencyKey) == 1 {
				return sdk.Unknown[out](errors.New("cut"))
			}
			return sdk.Done(out{"ok"})
		},
		Resolve: func(_ context.Context, j sdk.Job[in]) sdk.Outcome[out] {
			if note("ask "+j.IdempotencyKey) < 6 {
				return sdk.Unknown[out](errors.New("no answer"))
			}
			return sdk.Retryable[out](errors.New("no trace of it"), 0)
		},
		Key: func(i in) string { return "t1:" + i.Amount },
	}, quick, sdk.ResolveAttempts(2))
	g, client := sdktest.NewGateway(t, options...)
	sdktest.Run(t, client, handler)
	key := g.Add(&gatewaypb.ActivatedJob{Type: "pay", Variables: `{"amount":"10.50"}`, Retries: 9})
	g.Await(t, key, "completed")
	want := "send, ask, ask, ask, ask, ask, send"
	if got := strings.ReplaceAll(strings.Join(calls, ", "), " t1:10.50", ""); got != want {
		t.Errorf("calls %s, want %s (all with one key)", got, want)
	}
}

func TestAttemptsAreCountedAndTheKeyStays(t *testing.T) {
	var attempts []int
	keys := map[string]bool{}
	g, client := sdktest.NewGateway(t)
	sdktest.Run(t, client, sdk.Handle("pay", func(_ context.Context, j sdk.Job[in]) sdk.Outcome[out] {
		attempts, keys[j.IdempotencyKey] = append(attempts, j.Attempt), true
		if j.Attempt < 3 {
			return sdk.Retryable[out](errors.New("busy"), time.Millisecond)
		}
		return sdk.Done(out{})
	}))
	g.Await(t, add(g), "completed")
	if len(attempts) != 3 || attempts[2] != 3 || len(keys) != 1 {
		t.Errorf("attempts %v with keys %v", attempts, keys)
	}
}

func TestInputThatDoesNotFitIsABPMNError(t *testing.T) {
	g, client := sdktest.NewGateway(t)
	sdktest.Run(t, client, sdk.Handle("pay", always(sdk.Done(out{}))))
	key := g.Add(&gatewaypb.ActivatedJob{Type: "pay", Variables: `{"amount":27713803912}`})
	end := g.Await(t, key, "error")
	if end.Code != sdk.CodeInvalidInput || end.Message != "variable amount: got a JSON number, need string" {
		t.Errorf("%+v", end)
	}
}

// What waited before the worker came is not on the stream; what comes later is not waited for by a poll.
func TestBacklogAndNewJobsWithAndWithoutStreams(t *testing.T) {
	for name, options := range map[string][]sdktest.GatewayOption{"streams": nil, "no streams": {sdktest.WithoutStreams()}} {
		t.Run(name, func(t *testing.T) {
			g, client := sdktest.NewGateway(t, options...)
			var keys []int64
			for range 100 {
				keys = append(keys, add(g))
			}
			sdktest.Run(t, client, sdk.Handle("pay", always(sdk.Done(out{}))))
			for range 100 {
				keys = append(keys, add(g))
			}
			for _, k := range keys {
				if end := g.Await(t, k, "completed"); end.Delivered != 1 {
					t.Errorf("job %d: %+v", k, end)
				}
			}
		})
	}
}

func TestCapacityIsABound(t *testing.T) {
	var running, most atomic.Int32
	g, client := sdktest.NewGateway(t)
	sdktest.Run(t, client, sdk.Handle("pay", func(context.Context, sdk.Job[in]) sdk.Outcome[out] {
		n := running.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		running.Add(-1)
		return sdk.Done(out{})
	}, sdk.MaxJobs(3)))
	var keys []int64
	for range 60 {
		keys = append(keys, add(g))
	}
	for _, k := range keys {
		g.Await(t, k, "completed")
	}
	if most.Load() != 3 {
		t.Errorf("at most %d ran at the same time, want 3", most.Load())
	}
}

func TestLeaseOfALongHandlerIsExtended(t *testing.T) {
	g, client := sdktest.NewGateway(t)
	sdktest.Run(t, client, sdk.Handle("pay", func(context.Context, sdk.Job[in]) sdk.Outcome[out] {
		time.Sleep(350 * time.Millisecond)
		return sdk.Done(out{})
	}, sdk.Lease(100*time.Millisecond)))
	if end := g.Await(t, add(g), "completed"); end.Delivered != 1 || end.Extended < 2 {
		t.Errorf("%+v, want one delivery", end)
	}
}

func TestHandlerThatHangsLosesItsLease(t *testing.T) {
	g, client := sdktest.NewGateway(t)
	var runs atomic.Int32
	sdktest.Run(t, client, sdk.Handle("pay", func(ctx context.Context, _ sdk.Job[in]) sdk.Outcome[out] {
		if runs.Add(1) > 1 {
			return sdk.Done(out{})
		}
		<-ctx.Done()
		time.Sleep(400 * time.Millisecond) // ignores the end of its time
		return sdk.Done(out{})
	}, sdk.Lease(100*time.Millisecond), sdk.Timeout(50*time.Millisecond)))
	if end := g.Await(t, add(g), "completed"); end.Delivered != 2 {
		t.Errorf("%+v, want a second delivery", end)
	}
}

// An outcome is reported again while the gateway cannot be reached: losing it would run the handler twice.
func TestReportSurvivesAnOutage(t *testing.T) {
	g, client := sdktest.NewGateway(t)
	g.Fail("CompleteJob", codes.Unavailable)
	var runs atomic.Int32
	sdktest.Run(t, client, sdk.Handle("pay", func(context.Context, sdk.Job[in]) sdk.Outcome[out] {
		runs.Add(1)
		return sdk.Done(out{})
	}))
	key := add(g)
	time.Sleep(60 * time.Millisecond)
	g.Fail("CompleteJob", codes.OK)
	g.Await(t, key, "completed")
	if runs.Load() != 1 {
		t.Errorf("the handler ran %d times", runs.Load())
	}
}

// Stopping lets what runs finish and loses nothing of what waits.
func TestGracefulStop(t *testing.T) {
	g, client := sdktest.NewGateway(t)
	began := make(chan struct{}, 10)
	stop := sdktest.Run(t, client, sdk.Handle("pay", func(context.Context, sdk.Job[in]) sdk.Outcome[out] {
		began <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		return sdk.Done(out{})
	}, sdk.MaxJobs(2)))
	keys := []int64{add(g), add(g), add(g), add(g), add(g)}
	<-began
	<-began
	time.Sleep(20 * time.Millisecond) // the others are on the stream by now, unread
	stop()
	completed := 0
	for _, k := range keys {
		switch end := g.End(k); end.State {
		case "completed":
			completed++
		case "activatable":
			if end.Retries != 3 {
				t.Errorf("job %d was handed back as %+v, want no retry spent", k, end)
			}
		default:
			t.Errorf("job %d is %+v after the stop, want it done or handed back", k, end)
		}
	}
	if completed < 2 {
		t.Errorf("%d jobs completed, want at least the two that ran", completed)
	}
	sdktest.Run(t, client, sdk.Handle("pay", always(sdk.Done(out{}))))
	for _, k := range keys {
		g.Await(t, k, "completed")
	}
}

func TestStopGivesUpOnAHandlerThatIgnoresItsContext(t *testing.T) {
	g, client := sdktest.NewGateway(t)
	release, began := make(chan struct{}), make(chan struct{})
	worker := client.NewWorker([]sdk.Handler{sdk.Handle("pay", func(context.Context, sdk.Job[in]) sdk.Outcome[out] {
		close(began)
		<-release
		return sdk.Done(out{})
	})}, sdk.DrainTimeout(10*time.Millisecond), sdk.Logger(slog.New(slog.DiscardHandler)))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	key := add(g)
	<-began
	cancel()
	if err := <-ended; !errors.Is(err, sdk.ErrDrain) {
		t.Errorf("got %v, want ErrDrain", err)
	}
	close(release)
	g.Await(t, key, "completed")
}

func TestTwoHandlersForOneTypeAreRefused(t *testing.T) {
	_, client := sdktest.NewGateway(t)
	h := sdk.Handle("pay", always(sdk.Done(out{})))
	if err := client.NewWorker([]sdk.Handler{h, h}).Run(t.Context()); err == nil {
		t.Error("no error")
	}
}
