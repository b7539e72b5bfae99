package amssim

import (
	"net/http"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
)

// accountJSON is an account as GET /accounts shows it.
type accountJSON struct {
	Account   ams.Account  `json:"account"`
	Holder    string       `json:"holder,omitempty"`
	Internal  bool         `json:"internal"`
	Standing  ams.Standing `json:"standing"`
	Currency  string       `json:"currency"`
	Balance   string       `json:"balance"`
	Held      string       `json:"held"`
	Available string       `json:"available"`
	Aliases   []aliasJSON  `json:"aliases"`
	Holds     []holdJSON   `json:"holds"`
}

type aliasJSON struct {
	Type       string `json:"type"`
	Identifier string `json:"identifier"`
	SubID      string `json:"subId,omitempty"`
}

type holdJSON struct {
	Reference ams.Reference `json:"reference"`
	Amount    string        `json:"amount"`
	Expires   string        `json:"expires,omitempty"`
	Expired   bool          `json:"expired"`
}

func listAccounts(w http.ResponseWriter, r *http.Request, books *ledger.Ledger) {
	states, err := books.Accounts(r.Context())
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	accounts := make([]accountJSON, 0, len(states))
	for _, s := range states {
		a := accountJSON{
			Account: s.Account, Holder: s.Holder, Internal: s.Internal, Standing: s.Standing, Currency: string(s.Ledger.Currency),
			Balance: s.Ledger.Decimal(), Held: s.Held.Decimal(), Available: s.Available.Decimal(),
			Aliases: make([]aliasJSON, 0, len(s.Aliases)), Holds: make([]holdJSON, 0, len(s.Holds)),
		}
		for _, alias := range s.Aliases {
			a.Aliases = append(a.Aliases, aliasJSON{Type: alias.Type, Identifier: alias.Identifier, SubID: alias.SubID})
		}
		for _, h := range s.Holds {
			a.Holds = append(a.Holds, holdJSON{Reference: h.Reference, Amount: h.Amount.Decimal(), Expires: stamp(h.Expires), Expired: h.Expired})
		}
		accounts = append(accounts, a)
	}
	write(w, http.StatusOK, map[string]any{"accounts": accounts})
}
