package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/payhub/payhub/adapters/ams"
)

// LookupParty finds the account an alias stands for. A closed account is found too: its standing says so.
func (l *Ledger) LookupParty(ctx context.Context, id ams.PartyID) ams.Outcome[ams.Party] {
	var party ams.Party
	err := l.reads.QueryRowContext(ctx, `SELECT a.id, a.holder, a.currency, a.standing FROM aliases s JOIN accounts a ON a.id = s.account
		WHERE s.type = ? AND s.identifier = ? AND s.sub_id = ?`, id.Type, id.Identifier, id.SubID).
		Scan(&party.Account, &party.Name, &party.Currency, &party.Standing)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ams.Rejected[ams.Party](ams.CodePartyNotFound, "nobody is known here as %s %s", id.Type, id.Identifier)
	case err != nil:
		return ams.NotSent[ams.Party](err)
	default:
		return ams.Done(party)
	}
}

// readAccount reads an account outside the writer's transactions, nil when there is none. Of the institution's own accounts there
// are balance and statement too.
func (l *Ledger) readAccount(ctx context.Context, id ams.Account) (*account, error) {
	return scanAccount(id, l.reads.QueryRowContext(ctx, `SELECT kind, holder, currency, standing, balance, held FROM accounts WHERE id = ?`, id))
}
