package amssim

import (
	"net/http"

	"github.com/payhub/payhub/adapters/ams/ledger"
)

func checkBooks(w http.ResponseWriter, r *http.Request, books *ledger.Ledger) {
	if err := books.Check(r.Context()); err != nil {
		fail(w, http.StatusConflict, err)
		return
	}
	write(w, http.StatusOK, map[string]bool{"ok": true})
}
