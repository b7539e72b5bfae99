package ledger

import (
	"context"
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// Release ends a hold without a debit. Its promise is that nothing is held under that reference now or later, so a hold that was
// refused has nothing to give back, and one that has not come yet is fenced.
func (l *Ledger) Release(ctx context.Context, request ams.ReleaseRequest) ams.Outcome[ams.Receipt] {
	if err := request.Hold.Check(); err != nil {
		return ams.Rejected[ams.Receipt](ams.CodeInvalidRequest, "release: hold: %s", err)
	}
	op := operation{
		reference: request.Reference, operation: ams.OperationRelease, target: request.Hold,
		body: fmt.Sprintf("hold %q", request.Hold),
	}
	return l.once(ctx, op, func(b *batch) (effect, *ams.Rejection, error) { return b.release(op) })
}

func (b *batch) release(op operation) (effect, *ams.Rejection, error) {
	h, err := b.findHold(op.target)
	if err != nil {
		return effect{}, nil, err
	}
	if h != nil {
		if no := h.ended(); no != nil {
			return effect{}, no, nil
		}
		does := effect{account: h.account.id, amount: h.amount}
		return does, nil, b.end(h, ams.StateReleased, money.Amount{}, op.reference)
	}
	known, err := b.find(op.target)
	switch {
	case err != nil:
		return effect{}, nil, err
	case known == nil:
		return effect{}, nil, b.fence(op.target, ams.CodeHoldReleased, op)
	case known.operation == ams.OperationHold:
		return effect{}, nil, nil // it was refused: there is nothing to give back
	case known.operation == operationFence && known.code == ams.CodeHoldReleased:
		return effect{}, rejection(ams.CodeHoldReleased, "%s", known.reason), nil
	default:
		return effect{}, rejection(ams.CodeHoldNotFound, "%s is a %s, not a hold", op.target, known.operation), nil
	}
}
