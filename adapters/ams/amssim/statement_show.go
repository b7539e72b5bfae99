package amssim

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
)

// lineJSON is a movement as a statement shows it.
type lineJSON struct {
	Sequence  int64         `json:"sequence"`
	At        string        `json:"at"`
	Reference ams.Reference `json:"reference"`
	Operation ams.Operation `json:"operation"`
	Amount    string        `json:"amount"`
	Balance   string        `json:"balance"`
	Currency  string        `json:"currency"`
}

func showStatement(w http.ResponseWriter, r *http.Request, books *ledger.Ledger) {
	request := ams.StatementRequest{Account: ams.Account(r.PathValue("account"))}
	after, err := number(r, "after")
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	limit, err := number(r, "limit")
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	request.After, request.Limit = after, int(limit)
	outcome := books.Statement(r.Context(), request)
	if no, refused := outcome.Rejection(); refused {
		refuse(w, no)
		return
	}
	page, ok := outcome.Value()
	if !ok {
		fail(w, http.StatusInternalServerError, outcome.Err())
		return
	}
	lines := make([]lineJSON, 0, len(page.Lines))
	for _, l := range page.Lines {
		lines = append(lines, lineJSON{
			Sequence: l.Sequence, At: stamp(l.At), Reference: l.Reference, Operation: l.Operation,
			Amount: l.Amount.Decimal(), Balance: l.Balance.Decimal(), Currency: string(l.Amount.Currency),
		})
	}
	write(w, http.StatusOK, map[string]any{"account": page.Account, "lines": lines, "more": page.More})
}

// number reads a whole number from the query; a missing one is zero.
func number(r *http.Request, name string) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("query %s=%q is not a whole number of zero or more", name, text)
	}
	return n, nil
}
