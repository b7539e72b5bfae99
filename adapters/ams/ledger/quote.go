package ledger

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// Quote answers that a transfer costs nothing: the reference ledger takes no fees. It depends on the request alone, so a repeat
// gets the same quote.
func (l *Ledger) Quote(ctx context.Context, request ams.QuoteRequest) ams.Outcome[ams.Quote] {
	if err := request.Reference.Check(); err != nil {
		return ams.Rejected[ams.Quote](ams.CodeInvalidRequest, "quote: %s", err)
	}
	_, no, err := l.judge(ctx, ams.OperationQuote, ams.ValidateRequest{Account: request.Account, Direction: request.Direction, Amount: request.Amount})
	switch {
	case err != nil:
		return ams.NotSent[ams.Quote](err)
	case no != nil:
		return ams.Rejected[ams.Quote](no.Code, "%s", no.Reason)
	}
	free := money.Amount{Currency: request.Amount.Currency}
	return ams.Done(ams.Quote{Reference: request.Reference, Amount: request.Amount, Fee: free, Commission: free, Total: request.Amount})
}
