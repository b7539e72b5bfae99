package sim

import (
	"fmt"
	"net/http"
)

// showFault answers one fault with its counts.
func showFault(w http.ResponseWriter, r *http.Request, faults *Faults) {
	for _, fault := range faults.List() {
		if fault.ID == r.PathValue("id") {
			write(w, http.StatusOK, fault)
			return
		}
	}
	noFault(w, r)
}

func noFault(w http.ResponseWriter, r *http.Request) {
	fail(w, http.StatusNotFound, fmt.Errorf("there is no fault %q (GET /sim/faults lists them)", r.PathValue("id")))
}
