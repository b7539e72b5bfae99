package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
)

// Quote serves contract.JobQuote: may this amount arrive at the payee's account, and what does the institution charge for it?
func Quote(systems Systems) sdk.Handler {
	type input = contract.Request[contract.QuoteRequest]
	type answer = contract.Answer[contract.QuoteResult]
	return sdk.HandleWith(contract.JobQuote, sdk.Handling[input, answer]{
		Key: func(in input) string { return in.Request.Key },
		Do: func(ctx context.Context, job sdk.Job[input]) sdk.Outcome[answer] {
			request := job.Variables.Request
			return reportRead(call(ctx, systems, request.Tenant, func(ctx context.Context, system ams.System) ams.Outcome[ams.Quote] {
				sum, err := amount(request.Amount)
				if err != nil {
					return invalid[ams.Quote](err)
				}
				return system.Quote(ctx, ams.QuoteRequest{
					Reference: ams.Reference(request.Key), Account: ams.Account(request.Account), Direction: ams.DirectionCredit, Amount: sum,
				})
			}), func(quote ams.Quote) answer {
				return answer{Result: contract.QuoteResult{
					Result: contract.Result{Outcome: contract.Done, Reference: string(quote.Reference)},
					Fee:    contract.Amount{Value: quote.Fee.Decimal(), Currency: string(quote.Fee.Currency)},
				}}
			})
		},
		OnRejected: func(r sdk.Rejection) answer { return answer{Result: contract.QuoteResult{Result: rejected(r)}} },
	}, sdk.Lease(lease))
}
