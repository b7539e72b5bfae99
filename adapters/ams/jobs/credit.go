package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
)

// Credit serves contract.JobCredit: put money on the payee's account.
func Credit(systems Systems) sdk.Handler {
	return movement[contract.CreditRequest]{
		jobType: contract.JobCredit, operation: contract.OpCredit,
		of: func(r contract.CreditRequest) (tenant, key string) { return r.Tenant, r.Key },
		do: func(ctx context.Context, system ams.System, r contract.CreditRequest) ams.Outcome[ams.Receipt] {
			sum, err := amount(r.Amount)
			if err != nil {
				return invalid[ams.Receipt](err)
			}
			return system.Credit(ctx, ams.CreditRequest{Reference: ams.Reference(r.Key), Account: ams.Account(r.Account), Amount: sum})
		},
	}.handler(systems)
}
