package sdktest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
)

// Case is one job whose handling is known.
type Case struct {
	Name      string
	Variables string   // of the job, JSON
	States    []string // how it may end; default completed or error

	// Effects counts what the handler has done to its target so far. The kit checks that a job that is delivered
	// twice changes it once. Nil for a read.
	Effects func() int
}

// Contract checks what every handler must keep, for each case: a job that is delivered again has one effect and the
// same answer; a worker that is stopped leaves no job behind; variables of the wrong type are a BPMN error and not a
// panic or an incident. A handler with effects must be able to clear up unknown outcomes.
func Contract(t *testing.T, handler sdk.Handler, cases ...Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if c.Effects != nil && !handler.Resolves() {
				t.Error("the handler changes something outside and has neither Resolve nor OnUnknown: an unknown outcome would wait for a person")
			}
			t.Run("delivered twice", func(t *testing.T) { twice(t, handler, c) })
			t.Run("wrong types", func(t *testing.T) { wrongTypes(t, handler) })
		})
	}
}

// twice lets a job be done, delivers the same work again as after a lost lease, and compares.
func twice(t *testing.T, handler sdk.Handler, c Case) {
	states := c.States
	if states == nil {
		states = []string{"completed", "error"}
	}
	gateway, client := NewGateway(t)
	stop := Run(t, client, handler)
	defer stop()
	work := func() End {
		return gateway.Await(t, gateway.Add(&gatewaypb.ActivatedJob{
			Type: handler.Type(), Variables: c.Variables, ProcessInstanceKey: 7, ElementInstanceKey: 8, ElementId: "task",
		}), states...)
	}
	before := effects(c)
	first := work()
	once := effects(c) - before
	second := work()
	if c.Effects != nil && effects(c)-before != once {
		t.Errorf("the first delivery had %d effects, both together %d", once, effects(c)-before)
	}
	first.Delivered, second.Delivered, first.Extended, second.Extended = 0, 0, 0, 0
	if first != second {
		t.Errorf("delivered again, the answer differs:\n%+v\n%+v", first, second)
	}
}

func effects(c Case) int {
	if c.Effects == nil {
		return 0
	}
	return c.Effects()
}

// wrongTypes sends an array where the handler's input wants an object's fields.
func wrongTypes(t *testing.T, handler sdk.Handler) {
	gateway, client := NewGateway(t)
	stop := Run(t, client, handler)
	defer stop()
	names := handler.Variables()
	if len(names) == 0 {
		t.Skip("the handler takes any variables")
	}
	text := `{"` + names[0] + `":[[["neither","text"],"nor","number"]]}`
	end := gateway.Await(t, gateway.Add(&gatewaypb.ActivatedJob{Type: handler.Type(), Variables: text}), "error", "incident", "completed")
	if end.State != "error" {
		t.Errorf("variables of the wrong type ended in %+v, want the BPMN error %s", end, sdk.CodeInvalidInput)
	}
}

// Run starts a worker for the handlers; the returned function stops it and waits for its end.
func Run(t testing.TB, client *sdk.Client, handlers ...sdk.Handler) (stop func()) {
	t.Helper()
	worker := client.NewWorker(handlers, sdk.Logger(slog.New(slog.DiscardHandler)), sdk.Name("test"),
		sdk.DrainTimeout(2*time.Second), sdk.PollInterval(50*time.Millisecond),
		sdk.Reconnect(sdk.Backoff{Min: 5 * time.Millisecond, Max: 50 * time.Millisecond, Factor: 2}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the worker ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}
