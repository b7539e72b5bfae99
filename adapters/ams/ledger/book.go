package ledger

import (
	"context"
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
)

// Book debits a customer by a held amount or less, in favour of clearing. The rest of the hold is available again.
func (l *Ledger) Book(ctx context.Context, request ams.BookRequest) ams.Outcome[ams.Receipt] {
	if no := positive(ams.OperationBook, request.Amount); no != nil {
		return refused(*no)
	}
	if err := request.Hold.Check(); err != nil {
		return ams.Rejected[ams.Receipt](ams.CodeInvalidRequest, "book: hold: %s", err)
	}
	op := operation{
		reference: request.Reference, operation: ams.OperationBook, target: request.Hold,
		body: fmt.Sprintf("%s of hold %q", request.Amount, request.Hold),
	}
	return l.once(ctx, op, func(b *batch) (effect, *ams.Rejection, error) { return b.book(request) })
}

func (b *batch) book(request ams.BookRequest) (effect, *ams.Rejection, error) {
	h, err := b.findHold(request.Hold)
	if err != nil {
		return effect{}, nil, err
	}
	if h == nil {
		no, err := b.missingHold(request.Hold)
		return effect{}, no, err
	}
	if no := h.ended(); no != nil {
		return effect{}, no, nil
	}
	if h.amount.Currency != request.Amount.Currency {
		return effect{}, rejection(ams.CodeCurrencyMismatch, "hold %s is in %s, not %s", h.reference, h.amount.Currency, request.Amount.Currency), nil
	}
	if request.Amount.Minor > h.amount.Minor {
		return effect{}, rejection(ams.CodeAmountOverHold, "hold %s reserves %s, %s cannot be booked", h.reference, h.amount, request.Amount), nil
	}
	to, err := b.internal(clearing, h.amount.Currency)
	if err != nil {
		return effect{}, nil, err
	}
	does, no := movable(h.account, to, request.Amount)
	if no != nil {
		return effect{}, no, nil
	}
	does.account = h.account.id
	return does, nil, b.end(h, ams.StateBooked, request.Amount, request.Reference)
}

// missingHold is why there is no hold: it was fenced, or never asked for, or refused.
func (b *batch) missingHold(reference ams.Reference) (*ams.Rejection, error) {
	known, err := b.find(reference)
	if err != nil {
		return nil, err
	}
	if known != nil && known.operation == operationFence && known.code == ams.CodeHoldReleased {
		return rejection(ams.CodeHoldReleased, "%s", known.reason), nil
	}
	return rejection(ams.CodeHoldNotFound, "there is no hold %s", reference), nil
}
