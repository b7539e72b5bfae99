// Package api is the payment API over HTTP, on the paths and with the fields of Payment Hub EE's channel: one file per
// endpoint. A payment is started at most once per (tenant, API, caller's id), and its state is what ledgers answered.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/hub/tenant"
)

// Engine is what the API needs of the engine; [sdk.Client] is one. CreateOnce and Lookup answer sdk.ErrNotSupported
// on a plain Zeebe.
type Engine interface {
	CreateOnce(ctx context.Context, once sdk.Once) (sdk.Instance, bool, error)
	Create(ctx context.Context, processID string, variables any) (sdk.Instance, error)
	Lookup(ctx context.Context, key sdk.OnceKey) (sdk.InstanceView, error)
}

// API serves the endpoints. Make one with New.
type API struct {
	engine   Engine
	tenants  *tenant.Directory
	log      *slog.Logger
	now      func() time.Time
	patience time.Duration
}

// Option sets something of an API.
type Option func(*API)

// Logger is where requests are logged, without personal data; default slog.Default.
func Logger(log *slog.Logger) Option { return func(a *API) { a.log = log } }

// Clock gives the time; default time.Now.
func Clock(now func() time.Time) Option { return func(a *API) { a.now = now } }

// Patience is how long a request may wait for the engine, repeats while it has no leader included; default 10 s.
func Patience(d time.Duration) Option { return func(a *API) { a.patience = d } }

// New makes the API of some tenants.
func New(engine Engine, tenants *tenant.Directory, options ...Option) *API {
	a := &API{engine: engine, tenants: tenants, log: slog.Default(), now: time.Now, patience: 10 * time.Second}
	for _, o := range options {
		o(a)
	}
	a.log = slog.New(sdk.Masking(a.log.Handler(), "transactionId"))
	return a
}

// Register adds the endpoints to a mux.
func (a *API) Register(mux *http.ServeMux) {
	mux.Handle("POST /channel/transfer", a.serve(a.createTransfer))
	mux.Handle("GET /channel/transfer/{transactionId}", a.serve(a.showTransfer))
	mux.Handle("GET /channel/txnState/{correlationId}", a.serve(a.txnState))
	mux.HandleFunc("GET /openapi.yaml", a.openAPI)
}
