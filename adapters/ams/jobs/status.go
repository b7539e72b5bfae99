package jobs

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
)

// Status serves contract.JobStatus: what became of an operation? A question that gets no trustworthy answer is answered as
// unknown, for the flow to ask later: it is the flow that knows how long that may go on.
func Status(systems Systems) sdk.Handler {
	type input = contract.Request[contract.StatusRequest]
	return sdk.HandleWith(contract.JobStatus, sdk.Handling[input, resultAnswer]{
		Do: func(ctx context.Context, job sdk.Job[input]) sdk.Outcome[resultAnswer] {
			return sdk.Done(resultAnswer{Result: askStatus(ctx, systems, job.Variables.Request)})
		},
	}, sdk.Lease(lease))
}

// askStatus asks what became of the operation with a key. It never fails: what cannot be found out is unknown.
func askStatus(ctx context.Context, systems Systems, request contract.StatusRequest) contract.Result {
	outcome := call(ctx, systems, request.Tenant, func(ctx context.Context, system ams.System) ams.Outcome[ams.Status] {
		return system.Status(ctx, ams.Reference(request.Key))
	})
	unanswered := func(error) contract.Result {
		return contract.Result{Outcome: contract.Unknown, Reason: "the account system did not answer the question for the status"}
	}
	return ams.Match(outcome,
		func(status ams.Status) contract.Result { return judge(request, status) },
		func(r ams.Rejection) contract.Result {
			// That the question is refused says nothing about the operation.
			code := contract.Code(r.Code)
			return contract.Result{Outcome: contract.Unknown, Code: code, Reason: "the question for the status was refused: " + reason(code)}
		},
		unanswered, unanswered,
	)
}

// judge says what a status means for the operation that was asked about.
func judge(request contract.StatusRequest, status ams.Status) contract.Result {
	no := func(code ams.Code) contract.Result { return rejected(sdk.Rejection{Code: string(code)}) }
	done := contract.Result{Outcome: contract.Done, Reference: string(status.Reference)}
	switch {
	case status.Reference != ams.Reference(request.Key):
		return contract.Result{Outcome: contract.Unknown, Reason: "the account system answered with the status of another operation"}
	case status.State == ams.StateNone:
		return contract.Result{Outcome: contract.None}
	case status.Operation != "" && status.Operation != ams.Operation(request.Operation):
		return no(ams.CodeReferenceConflict)
	case status.State == ams.StateRejected:
		return no(status.Rejection.Code)
	case status.State == ams.StateReleased && request.Operation == contract.OpHold:
		return no(ams.CodeHoldReleased) // it reserves nothing and never will again
	case status.State == ams.StateReversed:
		return no(ams.CodeAlreadyReversed) // of a booking or credit nothing is left
	default:
		return done
	}
}
