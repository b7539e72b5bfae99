package sim

import "net/http"

// clearFaults empties the plan.
func clearFaults(w http.ResponseWriter, _ *http.Request, faults *Faults) {
	faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}
