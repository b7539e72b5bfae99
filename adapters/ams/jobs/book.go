package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
)

// Book serves contract.JobBook: turn a hold into a debit.
func Book(systems Systems) sdk.Handler {
	return movement[contract.BookRequest]{
		jobType: contract.JobBook, operation: contract.OpBook,
		of: func(r contract.BookRequest) (tenant, key string) { return r.Tenant, r.Key },
		do: func(ctx context.Context, system ams.System, r contract.BookRequest) ams.Outcome[ams.Receipt] {
			sum, err := amount(r.Amount)
			if err != nil {
				return invalid[ams.Receipt](err)
			}
			return system.Book(ctx, ams.BookRequest{Reference: ams.Reference(r.Key), Hold: ams.Reference(r.HoldKey), Amount: sum})
		},
	}.handler(systems)
}
