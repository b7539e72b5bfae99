package ledger

import (
	"context"
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
)

// Credit adds an amount to a customer's account, out of clearing.
func (l *Ledger) Credit(ctx context.Context, request ams.CreditRequest) ams.Outcome[ams.Receipt] {
	if no := positive(ams.OperationCredit, request.Amount); no != nil {
		return refused(*no)
	}
	op := operation{
		reference: request.Reference, operation: ams.OperationCredit,
		body: fmt.Sprintf("%s to account %q", request.Amount, request.Account),
	}
	return l.once(ctx, op, func(b *batch) (effect, *ams.Rejection, error) {
		to, err := b.customer(request.Account)
		if err != nil {
			return effect{}, nil, err
		}
		if no := usable(request.Account, to, request.Amount); no != nil {
			return effect{}, no, nil
		}
		from, err := b.internal(clearing, request.Amount.Currency)
		if err != nil {
			return effect{}, nil, err
		}
		does, no := movable(from, to, request.Amount)
		does.account = to.id
		return does, no, nil
	})
}
