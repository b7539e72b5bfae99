package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/contract/money"
)

// Lookup serves contract.JobLookup: whose account is this party's? An account that could take no part in a payment in this
// currency is refused here already, before anything is held.
func Lookup(systems Systems) sdk.Handler {
	type input = contract.Request[contract.LookupRequest]
	type answer = contract.Answer[contract.LookupResult]
	return sdk.HandleWith(contract.JobLookup, sdk.Handling[input, answer]{
		Do: func(ctx context.Context, job sdk.Job[input]) sdk.Outcome[answer] {
			request := job.Variables.Request
			return reportRead(call(ctx, systems, request.Tenant, func(ctx context.Context, system ams.System) ams.Outcome[ams.Party] {
				return lookUp(ctx, system, request)
			}), func(party ams.Party) answer {
				return answer{Result: contract.LookupResult{
					Result: contract.Result{Outcome: contract.Done}, Account: string(party.Account), Name: party.Name,
				}}
			})
		},
		OnRejected: func(r sdk.Rejection) answer { return answer{Result: contract.LookupResult{Result: rejected(r)}} },
	}, sdk.Lease(lease))
}

func lookUp(ctx context.Context, system ams.System, request contract.LookupRequest) ams.Outcome[ams.Party] {
	outcome := system.LookupParty(ctx, ams.PartyID{Type: request.Party.Type, Identifier: request.Party.ID, SubID: request.Party.SubID})
	party, found := outcome.Value()
	switch {
	case !found:
		return outcome
	case party.Standing == ams.StandingClosed:
		return ams.Rejected[ams.Party](ams.CodeAccountClosed, "the account is closed")
	case party.Standing == ams.StandingFrozen:
		return ams.Rejected[ams.Party](ams.CodeAccountFrozen, "the account is frozen")
	case party.Currency != money.Currency(request.Currency):
		return ams.Rejected[ams.Party](ams.CodeCurrencyMismatch, "the account is in %s", party.Currency)
	default:
		return outcome
	}
}
