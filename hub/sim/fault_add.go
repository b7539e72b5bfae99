package sim

import "net/http"

// addFault adds one fault and answers it with its id.
func addFault(w http.ResponseWriter, r *http.Request, faults *Faults) {
	var fault Fault
	if err := read(w, r, &fault); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	added, err := faults.Add(fault)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	write(w, http.StatusCreated, added)
}
