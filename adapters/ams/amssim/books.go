package amssim

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
)

// Books serves a reference ledger's books, to look at and to make accounts refuse:
//
//	GET /accounts                       every account with balance and holds
//	GET /accounts/{account}/statement   its movements, ?after=SEQUENCE&limit=N
//	PUT /accounts/{account}/standing    {"standing":"OPEN|FROZEN|CLOSED"}
//	GET /check                          proves the books; 409 with what is wrong when they are not in order
//
// Amounts are decimal strings. It has no authentication: for dev on loopback alone.
func Books(books *ledger.Ledger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /accounts", func(w http.ResponseWriter, r *http.Request) { listAccounts(w, r, books) })
	mux.HandleFunc("GET /accounts/{account}/statement", func(w http.ResponseWriter, r *http.Request) { showStatement(w, r, books) })
	mux.HandleFunc("PUT /accounts/{account}/standing", func(w http.ResponseWriter, r *http.Request) { setStanding(w, r, books) })
	mux.HandleFunc("GET /check", func(w http.ResponseWriter, r *http.Request) { checkBooks(w, r, books) })
	return mux
}

// stamp is a time in JSON; none is left out.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that went away cannot be told
}

type failure struct {
	Error string   `json:"error"`
	Code  ams.Code `json:"code,omitempty"`
}

func fail(w http.ResponseWriter, status int, err error) {
	write(w, status, failure{Error: err.Error()})
}

// refuse tells a rejection with the HTTP status that fits it.
func refuse(w http.ResponseWriter, r ams.Rejection) {
	status := http.StatusConflict
	switch r.Code {
	case ams.CodeAccountNotFound:
		status = http.StatusNotFound
	case ams.CodeInvalidRequest:
		status = http.StatusBadRequest
	}
	write(w, status, failure{Error: r.Reason, Code: r.Code})
}
