package sim

import "net/http"

// listFaults answers the plan with its counts.
func listFaults(w http.ResponseWriter, _ *http.Request, faults *Faults) {
	write(w, http.StatusOK, map[string][]Fault{"faults": faults.List()})
}
