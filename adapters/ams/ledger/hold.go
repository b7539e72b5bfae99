package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// Hold reserves an amount of a customer's account.
func (l *Ledger) Hold(ctx context.Context, request ams.HoldRequest) ams.Outcome[ams.Receipt] {
	if no := positive(ams.OperationHold, request.Amount); no != nil {
		return refused(*no)
	}
	op := operation{
		reference: request.Reference, operation: ams.OperationHold,
		body: fmt.Sprintf("%s of account %q", request.Amount, request.Account),
	}
	return l.once(ctx, op, func(b *batch) (effect, *ams.Rejection, error) {
		a, err := b.customer(request.Account)
		if err != nil {
			return effect{}, nil, err
		}
		if no := usable(request.Account, a, request.Amount); no != nil {
			return effect{}, no, nil
		}
		if no := affordable(a, request.Amount); no != nil {
			return effect{}, no, nil
		}
		a.held.Minor += request.Amount.Minor
		b.touch(a)
		var expires int64
		if !request.Expires.IsZero() {
			expires = request.Expires.UnixMilli()
		}
		if _, err := b.addHold.ExecContext(b.ctx, request.Reference, a.id, request.Amount.Minor, expires); err != nil {
			return effect{}, nil, fmt.Errorf("write hold %s: %w", request.Reference, err)
		}
		return effect{account: a.id, amount: request.Amount}, nil, nil
	})
}

// hold is a row of holds with the account it is on.
type hold struct {
	reference ams.Reference
	account   *account
	amount    money.Amount
	booked    money.Amount
	state     ams.State
	expires   time.Time
	endedBy   ams.Reference
}

// findHold reads a hold and its account, nil when there is none.
func (b *batch) findHold(reference ams.Reference) (*hold, error) {
	h := &hold{reference: reference}
	var id ams.Account
	var expires int64
	err := b.hold.QueryRowContext(b.ctx, reference).Scan(&id, &h.amount.Minor, &h.booked.Minor, &h.state, &expires, &h.endedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read hold %s: %w", reference, err)
	}
	if expires != 0 {
		h.expires = fromMillis(expires)
	}
	if h.account, err = b.load(id); err != nil {
		return nil, err
	}
	if h.account == nil {
		return nil, fmt.Errorf("hold %s is on account %q, which is missing: the books are damaged", reference, id)
	}
	h.amount.Currency, h.booked.Currency = h.account.currency(), h.account.currency()
	return h, nil
}

// ended is why a hold cannot be booked or released any more, nil while it is held.
func (h *hold) ended() *ams.Rejection {
	switch h.state {
	case ams.StateBooked:
		return rejection(ams.CodeHoldBooked, "hold %s has been booked by %s", h.reference, h.endedBy)
	case ams.StateReleased:
		return rejection(ams.CodeHoldReleased, "hold %s has been released by %s", h.reference, h.endedBy)
	default:
		return nil
	}
}

// end ends a hold: its whole amount is no longer reserved.
func (b *batch) end(h *hold, state ams.State, booked money.Amount, by ams.Reference) error {
	h.account.held.Minor -= h.amount.Minor
	b.touch(h.account)
	result, err := b.endHold.ExecContext(b.ctx, state, booked.Minor, by, h.reference)
	if err != nil {
		return fmt.Errorf("write hold %s: %w", h.reference, err)
	}
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		return fmt.Errorf("hold %s was not held any more when it should end (%d rows, %w)", h.reference, rows, err)
	}
	return nil
}
