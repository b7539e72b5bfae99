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

// Operations that only the books know.
const (
	operationOpen  ams.Operation = "open"  // an account with its opening balance
	operationFence ams.Operation = "fence" // a reference that is refused before it came
)

// operation is a row of operations: a reference, what was asked under it and what was answered.
type operation struct {
	seq       int64
	reference ams.Reference
	operation ams.Operation
	// body is the request in one canonical text, without the reference: what makes a repeat a conflict when it differs.
	body   string
	code   ams.Code
	reason string
	// account and amount are those of the receipt.
	account ams.Account
	amount  money.Amount
	target  ams.Reference
	at      time.Time
}

// effect is what a decision does beside its own row: a movement from one account to another, when there is one.
type effect struct {
	account  ams.Account
	amount   money.Amount
	from, to *account
}

// decide looks at the books and says what an operation does, or why it is refused. It changes the books only when it does not
// refuse.
type decide func(*batch) (effect, *ams.Rejection, error)

// once carries an operation out under its reference: the first time it is decided and recorded, after that the first answer is
// given again.
func (l *Ledger) once(ctx context.Context, op operation, decide decide) ams.Outcome[ams.Receipt] {
	if err := op.reference.Check(); err != nil {
		return ams.Rejected[ams.Receipt](ams.CodeInvalidRequest, "%s: %s", op.operation, err)
	}
	if op.target == op.reference {
		return ams.Rejected[ams.Receipt](ams.CodeInvalidRequest, "%s: reference and target are both %s", op.operation, op.reference)
	}
	return submit(ctx, l, func(b *batch) (ams.Outcome[ams.Receipt], error) {
		var none ams.Outcome[ams.Receipt]
		known, err := b.find(op.reference)
		if err != nil {
			return none, err
		}
		if known != nil {
			return known.replay(op), nil
		}
		does, rejection, err := decide(b)
		if err != nil {
			return none, err
		}
		if rejection != nil {
			op.code, op.reason = rejection.Code, rejection.Reason
		} else {
			op.account, op.amount = does.account, does.amount
		}
		op.at = b.now
		if err := b.record(&op); err != nil {
			return none, err
		}
		if rejection != nil {
			return refused(*rejection), nil
		}
		return ams.Done(op.receipt()), b.post(op.seq, does)
	})
}

func refused(r ams.Rejection) ams.Outcome[ams.Receipt] {
	return ams.Rejected[ams.Receipt](r.Code, "%s", r.Reason)
}

// replay is the answer to a reference that is known: the first answer, or a conflict.
func (o *operation) replay(again operation) ams.Outcome[ams.Receipt] {
	switch {
	case o.operation == operationFence && o.fences(again.operation):
		return refused(ams.Rejection{Code: o.code, Reason: o.reason})
	case o.operation != again.operation || o.body != again.body:
		return ams.Rejected[ams.Receipt](ams.CodeReferenceConflict, "reference %s belongs to %s %s, it cannot be used for %s %s",
			o.reference, o.operation, o.body, again.operation, again.body)
	case o.code != "":
		return refused(ams.Rejection{Code: o.code, Reason: o.reason})
	default:
		return ams.Done(o.receipt())
	}
}

// fences says whether a fence was set against this kind of operation.
func (o *operation) fences(late ams.Operation) bool {
	if o.code == ams.CodeHoldReleased {
		return late == ams.OperationHold
	}
	return late == ams.OperationBook || late == ams.OperationCredit
}

func (o *operation) receipt() ams.Receipt {
	return ams.Receipt{Reference: o.reference, Operation: o.operation, Account: o.account, Amount: o.amount, At: o.at}
}

// find reads an operation, nil when the reference is new.
func (b *batch) find(reference ams.Reference) (*operation, error) {
	o := &operation{reference: reference}
	var at int64
	err := b.operation.QueryRowContext(b.ctx, reference).
		Scan(&o.seq, &o.operation, &o.body, &o.code, &o.reason, &o.account, &o.amount.Minor, &o.amount.Currency, &o.target, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read operation %s: %w", reference, err)
	}
	o.at = fromMillis(at)
	return o, nil
}

// record writes an operation's row and gives it its number.
func (b *batch) record(o *operation) (err error) {
	if o.seq, err = b.next(); err != nil {
		return err
	}
	_, err = b.addOperation.ExecContext(b.ctx, o.seq, o.reference, o.operation, o.body, o.code, o.reason, o.account,
		o.amount.Minor, o.amount.Currency, o.target, o.at.UnixMilli())
	if err != nil {
		return fmt.Errorf("write operation %s: %w", o.reference, err)
	}
	return nil
}

// fence has a reference refused that has not come yet. by is the operation that sets the fence.
func (b *batch) fence(reference ams.Reference, code ams.Code, by operation) error {
	return b.record(&operation{
		reference: reference, operation: operationFence, code: code, target: by.reference, at: b.now,
		reason: fmt.Sprintf("%s %s came before %s", by.operation, by.reference, reference),
	})
}

// movable prepares a movement between two accounts of one currency. It refuses what does not fit the books' numbers.
func movable(from, to *account, amount money.Amount) (effect, *ams.Rejection) {
	_, less := from.balance.Sub(amount)
	_, more := to.balance.Add(amount)
	if err := errors.Join(less, more); err != nil {
		return effect{}, &ams.Rejection{Code: ams.CodeLimitExceeded, Reason: err.Error()}
	}
	return effect{amount: amount, from: from, to: to}, nil
}

// post writes the journal of a movement: two entries that sum to zero.
func (b *batch) post(seq int64, does effect) error {
	if does.from == nil || does.amount.Minor == 0 {
		return nil
	}
	for _, entry := range []struct {
		of     *account
		amount int64
	}{{does.from, -does.amount.Minor}, {does.to, does.amount.Minor}} {
		entry.of.balance.Minor += entry.amount
		b.touch(entry.of)
		if _, err := b.addEntry.ExecContext(b.ctx, entry.of.id, seq, entry.amount, entry.of.balance.Minor); err != nil {
			return fmt.Errorf("write entry of operation %d on account %q: %w", seq, entry.of.id, err)
		}
	}
	return nil
}

// usable is why a new movement of amount cannot touch an account, nil when it can.
func usable(id ams.Account, a *account, amount money.Amount) *ams.Rejection {
	switch {
	case a == nil:
		return rejection(ams.CodeAccountNotFound, "there is no account %q", id)
	case a.standing == ams.StandingClosed:
		return rejection(ams.CodeAccountClosed, "account %q is closed", id)
	case a.standing == ams.StandingFrozen:
		return rejection(ams.CodeAccountFrozen, "account %q is frozen", id)
	case a.currency() != amount.Currency:
		return rejection(ams.CodeCurrencyMismatch, "account %q is in %s, not %s", id, a.currency(), amount.Currency)
	default:
		return nil
	}
}

// affordable is why an account cannot spend an amount, nil when it can.
func affordable(a *account, amount money.Amount) *ams.Rejection {
	if available := a.available(); available.Minor < amount.Minor {
		return rejection(ams.CodeInsufficientFunds, "account %q has %s available, %s is needed", a.id, available, amount)
	}
	return nil
}

// positive is why an amount cannot be asked for, nil when it can.
func positive(op ams.Operation, amount money.Amount) *ams.Rejection {
	if !amount.IsPositive() {
		return rejection(ams.CodeInvalidRequest, "%s: the amount %s is not a positive amount of a currency", op, amount)
	}
	return nil
}

func rejection(code ams.Code, reason string, args ...any) *ams.Rejection {
	return &ams.Rejection{Code: code, Reason: fmt.Sprintf(reason, args...)}
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
