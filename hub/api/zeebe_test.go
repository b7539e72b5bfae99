package api_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/hub/api"
	"github.com/payhub/payhub/hub/tenant"
)

var zeebe = flag.String("zeebe", "", "address of a plain Zeebe to run payments on")

// bank counts the movements that keys have made: at most one each.
type bank struct {
	sync.Mutex
	keys  map[string]int
	ended chan string
}

func (b *bank) move(key string) contract.Result {
	b.Lock()
	defer b.Unlock()
	b.keys[key]++
	return contract.Result{Outcome: contract.Done, Reference: key}
}

// The hub, its flow and its connectors run on a plain Zeebe. A request that is repeated there starts its flow again,
// and still every key at the account systems is the same: money moves once.
func TestPaymentsOnAPlainZeebe(t *testing.T) {
	if *zeebe == "" {
		t.Skip("no Zeebe was named with -zeebe")
	}
	client, err := sdk.Dial(*zeebe)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, f := range flows.Catalogue() {
		if _, err := client.Deploy(t.Context(), sdk.Resource{Name: f.File, Content: f.BPMN()}); err != nil {
			t.Fatal(err)
		}
	}
	b := &bank{keys: map[string]int{}, ended: make(chan string, 100)}
	worker := client.NewWorker(b.handlers(), sdk.Logger(slog.New(slog.DiscardHandler)), sdk.PollInterval(100*time.Millisecond))
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- worker.Run(ctx) }()
	defer func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}()

	tenants, err := tenant.Local(flows.LocalTransfer, "ledger", "greenbank", "bluebank")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.New(client, tenants, api.Logger(slog.New(slog.DiscardHandler))).Register(mux)
	run := time.Now().UnixNano() // this Zeebe may have seen other runs
	for i := range 20 {
		for range 2 {
			r := httptest.NewRequest("POST", "/channel/transfer", strings.NewReader(payment))
			r.Header.Set("Platform-TenantId", "greenbank")
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-CorrelationID", fmt.Sprintf("zeebe-%d-%d", run, i))
			w := httptest.NewRecorder()
			if mux.ServeHTTP(w, r); w.Code != 200 {
				t.Fatal(w.Code, w.Body)
			}
		}
	}
	for range 40 {
		select {
		case <-b.ended:
		case <-time.After(30 * time.Second):
			t.Fatal("not all payments were booked")
		}
	}
	b.Lock()
	defer b.Unlock()
	if len(b.keys) != 60 {
		t.Errorf("%d keys for hold, credit and booking of 20 payments", len(b.keys))
	}
}

// handlers answer as account systems that take everything.
func (b *bank) handlers() []sdk.Handler {
	return []sdk.Handler{
		sdk.Handle(contract.JobLookup, func(context.Context, sdk.Job[contract.Request[contract.LookupRequest]]) sdk.Outcome[contract.Answer[contract.LookupResult]] {
			return sdk.Done(contract.Answer[contract.LookupResult]{Result: contract.LookupResult{Result: contract.Result{Outcome: contract.Done}, Account: "a"}})
		}),
		sdk.Handle(contract.JobQuote, func(context.Context, sdk.Job[contract.Request[contract.QuoteRequest]]) sdk.Outcome[contract.Answer[contract.QuoteResult]] {
			return sdk.Done(contract.Answer[contract.QuoteResult]{Result: contract.QuoteResult{Result: contract.Result{Outcome: contract.Done}}})
		}),
		sdk.Handle(contract.JobHold, func(_ context.Context, j sdk.Job[contract.Request[contract.HoldRequest]]) sdk.Outcome[contract.Answer[contract.Result]] {
			return sdk.Done(contract.Answer[contract.Result]{Result: b.move(j.Variables.Request.Key)})
		}),
		sdk.Handle(contract.JobCredit, func(_ context.Context, j sdk.Job[contract.Request[contract.CreditRequest]]) sdk.Outcome[contract.Answer[contract.Result]] {
			return sdk.Done(contract.Answer[contract.Result]{Result: b.move(j.Variables.Request.Key)})
		}),
		sdk.Handle(contract.JobBook, func(_ context.Context, j sdk.Job[contract.Request[contract.BookRequest]]) sdk.Outcome[contract.Answer[contract.Result]] {
			defer func() { b.ended <- j.Variables.Request.Key }()
			return sdk.Done(contract.Answer[contract.Result]{Result: b.move(j.Variables.Request.Key)})
		}),
	}
}
