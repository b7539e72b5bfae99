package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
)

// Reverse undoes one whole booking or credit. A frozen account takes it: it corrects what the institution did. Its promise is that
// the original has no effect now or later, so one that was refused needs nothing, and one that has not come yet is fenced.
func (l *Ledger) Reverse(ctx context.Context, request ams.ReverseRequest) ams.Outcome[ams.Receipt] {
	if err := request.Original.Check(); err != nil {
		return ams.Rejected[ams.Receipt](ams.CodeInvalidRequest, "reverse: original: %s", err)
	}
	op := operation{
		reference: request.Reference, operation: ams.OperationReverse, target: request.Original,
		body: fmt.Sprintf("of %q", request.Original), reason: request.Reason,
	}
	return l.once(ctx, op, func(b *batch) (effect, *ams.Rejection, error) { return b.reverse(op) })
}

func (b *batch) reverse(op operation) (effect, *ams.Rejection, error) {
	original, err := b.find(op.target)
	switch {
	case err != nil:
		return effect{}, nil, err
	case original == nil:
		return effect{}, nil, b.fence(op.target, ams.CodeAlreadyReversed, op)
	case original.operation == operationFence && original.code == ams.CodeAlreadyReversed:
		return effect{}, rejection(ams.CodeAlreadyReversed, "%s", original.reason), nil
	case original.operation != ams.OperationBook && original.operation != ams.OperationCredit:
		return effect{}, rejection(ams.CodeNotReversible, "%s is a %s, which moved no money", op.target, original.operation), nil
	case original.code != "":
		return effect{}, nil, nil // it was refused: there is nothing to undo
	}
	switch by, err := b.reversal(op.target); {
	case err != nil:
		return effect{}, nil, err
	case by != "":
		return effect{}, rejection(ams.CodeAlreadyReversed, "%s has been reversed by %s", op.target, by), nil
	}
	return b.undoOf(original)
}

// undoOf is the movement that takes a booking or credit back.
func (b *batch) undoOf(original *operation) (effect, *ams.Rejection, error) {
	customer, err := b.load(original.account)
	if err != nil {
		return effect{}, nil, err
	}
	if customer == nil {
		return effect{}, nil, fmt.Errorf("operation %s is on account %q, which is missing: the books are damaged", original.reference, original.account)
	}
	if customer.standing == ams.StandingClosed {
		return effect{}, rejection(ams.CodeAccountClosed, "account %q is closed", customer.id), nil
	}
	scheme, err := b.internal(clearing, original.amount.Currency)
	if err != nil {
		return effect{}, nil, err
	}
	from, to := scheme, customer
	if original.operation == ams.OperationCredit {
		if no := affordable(customer, original.amount); no != nil {
			return effect{}, no, nil
		}
		from, to = customer, scheme
	}
	does, no := movable(from, to, original.amount)
	does.account = customer.id
	return does, no, nil
}

// reversal is the reference that reversed an operation, empty when none did.
func (b *batch) reversal(original ams.Reference) (by ams.Reference, err error) {
	err = b.reversalOf.QueryRowContext(b.ctx, original).Scan(&by)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the reversal of %s: %w", original, err)
	}
	return by, nil
}
