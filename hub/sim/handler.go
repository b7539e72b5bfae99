package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// mostBody bounds a request body in bytes.
const mostBody = 64 << 10

// Handler serves /sim. ledgers has one handler per tenant, which gets what is behind /sim/ledgers/{tenant}; its map is not to be
// changed afterwards. Nothing here asks who is calling: for dev on loopback alone.
func Handler(faults *Faults, ledgers map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sim/faults", func(w http.ResponseWriter, r *http.Request) { listFaults(w, r, faults) })
	mux.HandleFunc("POST /sim/faults", func(w http.ResponseWriter, r *http.Request) { addFault(w, r, faults) })
	mux.HandleFunc("PUT /sim/faults", func(w http.ResponseWriter, r *http.Request) { replaceFaults(w, r, faults) })
	mux.HandleFunc("DELETE /sim/faults", func(w http.ResponseWriter, r *http.Request) { clearFaults(w, r, faults) })
	mux.HandleFunc("GET /sim/faults/{id}", func(w http.ResponseWriter, r *http.Request) { showFault(w, r, faults) })
	mux.HandleFunc("PUT /sim/faults/{id}", func(w http.ResponseWriter, r *http.Request) { putFault(w, r, faults) })
	mux.HandleFunc("DELETE /sim/faults/{id}", func(w http.ResponseWriter, r *http.Request) { removeFault(w, r, faults) })
	mux.HandleFunc("GET /sim/ledgers", func(w http.ResponseWriter, r *http.Request) { listLedgers(w, r, ledgers) })
	mux.HandleFunc("/sim/ledgers/{tenant}/", func(w http.ResponseWriter, r *http.Request) { showLedger(w, r, ledgers) })
	return mux
}

// read reads a JSON body of known fields.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body cannot be read: %w (a fault is {\"kind\":\"stall\",\"target\":\"greenbank/book\",\"share\":0.1,\"seed\":1})", err)
	}
	if decoder.More() {
		return fmt.Errorf("the body has more than one JSON value")
	}
	return nil
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that went away cannot be told
}

func fail(w http.ResponseWriter, status int, err error) {
	write(w, status, map[string]string{"error": err.Error()})
}

// names are the tenants that have a ledger here, sorted.
func names(ledgers map[string]http.Handler) []string {
	all := make([]string, 0, len(ledgers))
	for tenant := range ledgers {
		all = append(all, tenant)
	}
	slices.Sort(all)
	return all
}
