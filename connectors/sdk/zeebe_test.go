package sdk_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
)

var zeebe = flag.String("zeebe", "", "address of a Zeebe, or anything that speaks its protocol, to run the SDK against")

// Against a real gateway: jobs come by stream and poll, outcomes have their effect in the process, and the variable
// that counts attempts stays inside the task.
func TestAgainstAGateway(t *testing.T) {
	if *zeebe == "" {
		t.Skip("no gateway was named with -zeebe")
	}
	client, err := sdk.Dial(*zeebe)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	model, err := os.ReadFile("testdata/pay.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	if defs, err := client.Deploy(t.Context(), sdk.Resource{Name: "pay.bpmn", Content: model}); err != nil || len(defs) != 1 || defs[0].ProcessID != "sdk-pay" {
		t.Fatalf("%v %v", defs, err)
	}
	var mu sync.Mutex
	calls := map[string][]string{}
	note := func(j sdk.Job[in], what string) int {
		mu.Lock()
		defer mu.Unlock()
		calls[j.Variables.Amount] = append(calls[j.Variables.Amount], what+" "+j.Headers["bank"])
		return len(calls[j.Variables.Amount])
	}
	handler := sdk.HandleWith("sdk-pay", sdk.Handling[in, out]{
		Do: func(ctx context.Context, j sdk.Job[in]) sdk.Outcome[out] {
			n := note(j, "do")
			switch j.Variables.Amount {
			case "refused":
				return sdk.RejectedWith[out](sdk.Rejection{Code: "NoFunds", Message: "too little", Variables: map[string]int{"missing": 3}})
			case "busy":
				if n < 3 {
					return sdk.Retryable[out](errors.New("busy"), 20*time.Millisecond)
				}
			case "cut":
				if n == 1 {
					return sdk.Unknown[out](errors.New("cut"))
				}
			case "long":
				time.Sleep(1500 * time.Millisecond)
			}
			return sdk.Done(out{"paid " + j.Variables.Amount})
		},
		Resolve: func(ctx context.Context, j sdk.Job[in]) sdk.Outcome[out] {
			if note(j, "ask") < 4 {
				return sdk.Unknown[out](errors.New("no answer"))
			}
			return sdk.Done(out{"found"})
		},
	}, sdk.Lease(500*time.Millisecond), quick, sdk.ResolveAttempts(1))
	finish := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	worker := client.NewWorker([]sdk.Handler{handler}, sdk.PollInterval(100*time.Millisecond), sdk.Logger(slog.New(slog.DiscardHandler)))

	backlog := make(chan string, 1)
	go func() { backlog <- result(t, client, "backlog") }()
	time.Sleep(300 * time.Millisecond) // it is there before the worker is
	go func() {
		defer close(finish)
		if err := worker.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	if got := <-backlog; got != `{"amount":"backlog","reference":"paid backlog"}` {
		t.Errorf("backlog: %s", got)
	}
	for amount, want := range map[string]string{
		"10":      `{"amount":"10","reference":"paid 10"}`,
		"refused": `{"amount":"refused","reference":"refused, missing 3"}`,
		"busy":    `{"amount":"busy","reference":"paid busy"}`,
		"cut":     `{"amount":"cut","reference":"found"}`,
		"long":    `{"amount":"long","reference":"paid long"}`,
	} {
		if got := result(t, client, amount); got != want {
			t.Errorf("%s ended with %s, want %s", amount, got, want)
		}
	}
	stop()
	<-finish
	for amount, want := range map[string]string{"10": "do", "busy": "do do do", "cut": "do ask ask ask", "long": "do"} {
		if got := strings.ReplaceAll(strings.Join(calls[amount], " "), " green", ""); got != want {
			t.Errorf("%s was handled by %q, want %q", amount, got, want)
		}
	}
}

// result runs one instance to its end and gives its variables.
func result(t *testing.T, client *sdk.Client, amount string) string {
	a, err := client.Gateway().CreateProcessInstanceWithResult(t.Context(), &gatewaypb.CreateProcessInstanceWithResultRequest{
		Request:        &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "sdk-pay", Version: -1, Variables: `{"amount":"` + amount + `"}`},
		RequestTimeout: 20_000,
	})
	if err != nil {
		t.Errorf("%s: %v", amount, err)
		return ""
	}
	return a.Variables
}
