package sim

import "net/http"

// removeFault takes one fault out of the plan.
func removeFault(w http.ResponseWriter, r *http.Request, faults *Faults) {
	if !faults.Remove(r.PathValue("id")) {
		noFault(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
