package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
)

// Release serves contract.JobRelease: give a hold back, and fence its key.
func Release(systems Systems) sdk.Handler {
	return movement[contract.ReleaseRequest]{
		jobType: contract.JobRelease, operation: contract.OpRelease,
		of: func(r contract.ReleaseRequest) (tenant, key string) { return r.Tenant, r.Key },
		do: func(ctx context.Context, system ams.System, r contract.ReleaseRequest) ams.Outcome[ams.Receipt] {
			return system.Release(ctx, ams.ReleaseRequest{Reference: ams.Reference(r.Key), Hold: ams.Reference(r.HoldKey)})
		},
	}.handler(systems)
}
