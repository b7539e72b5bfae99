package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
)

// Hold serves contract.JobHold: reserve the payer's money. The hold has no expiry of its own: the flow that asked for it ends it.
func Hold(systems Systems) sdk.Handler {
	return movement[contract.HoldRequest]{
		jobType: contract.JobHold, operation: contract.OpHold,
		of: func(r contract.HoldRequest) (tenant, key string) { return r.Tenant, r.Key },
		do: func(ctx context.Context, system ams.System, r contract.HoldRequest) ams.Outcome[ams.Receipt] {
			sum, err := amount(r.Amount)
			if err != nil {
				return invalid[ams.Receipt](err)
			}
			return system.Hold(ctx, ams.HoldRequest{Reference: ams.Reference(r.Key), Account: ams.Account(r.Account), Amount: sum})
		},
	}.handler(systems)
}
