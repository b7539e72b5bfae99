package sim

import "net/http"

// listLedgers answers the tenants whose books can be looked into.
func listLedgers(w http.ResponseWriter, _ *http.Request, ledgers map[string]http.Handler) {
	write(w, http.StatusOK, map[string][]string{"tenants": names(ledgers)})
}
