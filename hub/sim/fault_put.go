package sim

import "net/http"

// putFault sets the fault with an id; doing it again begins its counts anew.
func putFault(w http.ResponseWriter, r *http.Request, faults *Faults) {
	var fault Fault
	if err := read(w, r, &fault); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	set, err := faults.Put(r.PathValue("id"), fault)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	write(w, http.StatusOK, set)
}
