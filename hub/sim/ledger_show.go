package sim

import (
	"fmt"
	"net/http"
	"strings"
)

// showLedger hands a request to the tenant's ledger, without /sim/ledgers/{tenant}.
func showLedger(w http.ResponseWriter, r *http.Request, ledgers map[string]http.Handler) {
	tenant := r.PathValue("tenant")
	ledger, known := ledgers[tenant]
	if !known {
		fail(w, http.StatusNotFound, fmt.Errorf("tenant %q has no ledger here (those that have: %s)", tenant, strings.Join(names(ledgers), ", ")))
		return
	}
	http.StripPrefix("/sim/ledgers/"+tenant, ledger).ServeHTTP(w, r)
}
