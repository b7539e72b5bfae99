package amssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
)

// mostBody bounds a request body in bytes.
const mostBody = 64 << 10

func setStanding(w http.ResponseWriter, r *http.Request, books *ledger.Ledger) {
	var body struct {
		Standing ams.Standing `json:"standing"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody)).Decode(&body); err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("the body is not {\"standing\":\"FROZEN\"}: %w", err))
		return
	}
	err := books.SetStanding(r.Context(), ams.Account(r.PathValue("account")), body.Standing)
	var no ams.Rejection
	switch {
	case errors.As(err, &no):
		refuse(w, no)
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	default:
		write(w, http.StatusOK, body)
	}
}
