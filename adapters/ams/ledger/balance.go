package ledger

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
)

// Balance says what is on an account, the institution's own included.
func (l *Ledger) Balance(ctx context.Context, id ams.Account) ams.Outcome[ams.Balance] {
	a, err := l.readAccount(ctx, id)
	switch {
	case err != nil:
		return ams.NotSent[ams.Balance](err)
	case a == nil:
		return ams.Rejected[ams.Balance](ams.CodeAccountNotFound, "there is no account %q", id)
	default:
		return ams.Done(a.summary())
	}
}

func (a *account) summary() ams.Balance {
	return ams.Balance{Account: a.id, Ledger: a.balance, Held: a.held, Available: a.available()}
}
