package main

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amssim"
	"github.com/payhub/payhub/adapters/ams/jobs"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/hub/api"
	"github.com/payhub/payhub/hub/ops"
	"github.com/payhub/payhub/hub/sim"
	"github.com/payhub/payhub/hub/tenant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ledgers are the account systems of this node's tenants.
type ledgers struct {
	books  map[string]*ledger.Ledger
	faults *sim.Faults
}

// openLedgers opens a ledger for each tenant. In dev each begins with its accounts, and faults
// can be set on it.
func (n *node) openLedgers(ctx context.Context) (*ledgers, error) {
	l := &ledgers{books: map[string]*ledger.Ledger{}, faults: sim.NewFaults(amssim.Kinds(), amssim.Operations())}
	if !n.HasRole("connectors") && !n.dev {
		return l, nil
	}
	for _, id := range n.Hub.Tenants {
		books, err := ledger.Open(ctx, ledger.Options{Path: filepath.Join(n.Engine.Data, "ledger-"+id+".db")})
		if err != nil {
			return nil, failed("start", "ledger of "+id+": "+err.Error(), "restore ledger-"+id+".db from its backup: nothing else knows these books")
		}
		n.onStop("ledger of "+id, func(context.Context) error { return books.Close() })
		if n.dev {
			if err := amssim.Seed(ctx, books, id); err != nil {
				return nil, failed("start", "ledger of "+id+": "+err.Error(), "")
			}
		}
		l.books[id] = books
	}
	return l, nil
}

// system is the account system of a tenant, in dev with the simulator's faults in front of it.
func (l *ledgers) system(dev bool) jobs.Systems {
	systems := map[string]ams.System{}
	for id, books := range l.books {
		systems[id] = books
		if dev {
			systems[id] = amssim.NewFaulty(books, id, l.faults)
		}
	}
	return func(tenant string) (ams.System, bool) {
		system, ok := systems[tenant]
		return system, ok
	}
}

// startConnectors deploys the ready flows and serves their jobs.
func (n *node) startConnectors(ctx context.Context, client *sdk.Client, l *ledgers) error {
	if !n.HasRole("connectors") || len(l.books) == 0 {
		return nil
	}
	metrics, err := sdk.NewMetrics(n.metrics)
	if err != nil {
		return failed("start", err.Error(), "")
	}
	worker := client.NewWorker(jobs.Handlers(l.system(n.dev)), sdk.Name("ams"), sdk.Logger(n.log), sdk.Observe(metrics))
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(running) }()
	n.onStop("connectors", func(context.Context) error {
		stop()
		return <-ended
	})
	return nil
}

// startHub serves the payment API, the operations API and, in dev, the simulators.
func (n *node) startHub(ctx context.Context, client *sdk.Client, store *ops.Store, l *ledgers) error {
	if !n.HasRole("hub") {
		return nil
	}
	mux := http.NewServeMux()
	if len(n.Hub.Tenants) > 0 {
		if err := n.deployFlows(ctx, client); err != nil {
			return err
		}
		tenants, err := tenant.Local(flows.LocalTransfer, "ledger", n.Hub.Tenants...)
		if err != nil {
			return failed("start", "hub.tenants: "+err.Error(), "")
		}
		api.New(client, tenants, api.Logger(n.log)).Register(mux)
	}
	if store != nil {
		mux.Handle("/api/v1/", store.Handler())
	}
	if n.dev {
		books := map[string]http.Handler{}
		for id, b := range l.books {
			books[id] = amssim.Books(b)
		}
		mux.Handle("/sim/", sim.Handler(l.faults, books))
	}
	mux.HandleFunc("/", notServed)
	n.serveHTTP(listenHTTP, mux)
	return nil
}

// deployFlows deploys the ready flows. An engine that takes no new work, because the disk is full or too few nodes of
// its cluster are up, is asked again until it does: whoever starts then can at least see what was paid, and needs no
// other start later.
func (n *node) deployFlows(ctx context.Context, client *sdk.Client) error {
	var resources []sdk.Resource
	for _, f := range flows.Catalogue() {
		resources = append(resources, sdk.Resource{Name: filepath.Base(f.File), Content: f.BPMN()})
	}
	_, err := client.Deploy(ctx, resources...)
	switch {
	case err == nil:
		return nil
	case !slices.Contains([]codes.Code{codes.ResourceExhausted, codes.Unavailable, codes.DeadlineExceeded, codes.Aborted}, status.Code(err)):
		return failed("start", "the ready flows cannot be deployed: "+err.Error(), "")
	}
	n.log.Warn("the ready flows are not deployed; this is tried again every second", "cause", err)
	trying, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for err != nil && trying.Err() == nil {
			select {
			case <-trying.Done():
			case <-time.After(time.Second):
				_, err = client.Deploy(trying, resources...)
			}
		}
		if err == nil {
			n.log.Info("the ready flows are deployed")
		}
	}()
	n.onStop("deployment of the ready flows", func(context.Context) error {
		stop()
		<-ended
		return nil
	})
	return nil
}

// notServed answers paths that this version does not have.
func notServed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the caller is gone when this fails
		"type": "about:blank", "title": "Not available", "status": http.StatusNotFound,
		"detail": r.Method + " " + r.URL.Path + " is not available in this version; /openapi.yaml lists what is",
	})
}
