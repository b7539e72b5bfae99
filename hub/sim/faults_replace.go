package sim

import "net/http"

// replaceFaults sets the whole plan: {"faults":[…]}.
func replaceFaults(w http.ResponseWriter, r *http.Request, faults *Faults) {
	var body struct {
		Faults []Fault `json:"faults"`
	}
	if err := read(w, r, &body); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	plan, err := faults.Replace(body.Faults)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	write(w, http.StatusOK, map[string][]Fault{"faults": plan})
}
