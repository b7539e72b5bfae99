// Package jobs serves the account-system jobs of payhub's flows on any ams.System: one file per job type. The vocabulary (job
// types, payloads, outcomes) is that of flows/contract.
//
// The rule that all handlers share: an operation is sent under the key of its request, which is the same in every attempt. When
// no trustworthy answer comes, the system is asked for the status of that key before anything is sent again; what is still not
// known then is answered as unknown, for the flow to find out. What was never sent is tried again. What was refused is an
// ordinary answer, for the flow to branch on.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/contract/money"
)

// Systems finds the account system of a tenant; false when there is none.
type Systems func(tenant string) (ams.System, bool)

// callTimeout bounds one call of an account system. The job's lease is extended while it waits, so that the status can still be
// asked after a call that timed out.
const callTimeout = 10 * time.Second

// lease is for how long a job belongs to a worker that is gone. It is far below the 30 s after which the flows stop waiting for
// an answer: a payment that was in a worker's hands when it was killed goes on, and is not aborted for having taken too long.
const lease = 8 * time.Second

// Handlers serves every job type of the vocabulary for the tenants of systems.
func Handlers(systems Systems) []sdk.Handler {
	return []sdk.Handler{
		Lookup(systems), Quote(systems), Hold(systems), Credit(systems), Book(systems), Release(systems), Status(systems),
	}
}

// errNoSystem is why a job of an unknown tenant is refused.
var errNoSystem = ams.Rejection{Code: ams.Code(contract.CodeUnknownTenant), Reason: "no account system is configured for this tenant"}

// call finds the tenant's system and asks it, within the time for one call. The question itself may refuse (an amount that is
// none) before anything is sent.
func call[T any](ctx context.Context, systems Systems, tenant string, ask func(context.Context, ams.System) ams.Outcome[T]) ams.Outcome[T] {
	system, known := systems(tenant)
	if !known {
		return ams.Rejected[T](errNoSystem.Code, "%s", errNoSystem.Reason)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return ask(ctx, system)
}

// movement is a job that reserves or moves money.
type movement[In any] struct {
	jobType   string
	operation contract.Operation
	// of says whose system, and under which key.
	of func(In) (tenant, key string)
	// do sends the operation.
	do func(context.Context, ams.System, In) ams.Outcome[ams.Receipt]
}

type resultAnswer = contract.Answer[contract.Result]

// handler serves a movement by the rule of this package.
func (m movement[In]) handler(systems Systems) sdk.Handler {
	type input = contract.Request[In]
	return sdk.HandleWith(m.jobType, sdk.Handling[input, resultAnswer]{
		Key: func(in input) string {
			_, key := m.of(in.Request)
			return key
		},
		Do: func(ctx context.Context, job sdk.Job[input]) sdk.Outcome[resultAnswer] {
			tenant, _ := m.of(job.Variables.Request)
			if _, known := systems(tenant); !known {
				// No refusal: an earlier delivery may have sent it, before the tenant lost its system.
				return sdk.Unknown[resultAnswer](errNoSystem)
			}
			outcome := call(ctx, systems, tenant, func(ctx context.Context, system ams.System) ams.Outcome[ams.Receipt] {
				return trust(m.do(ctx, system, job.Variables.Request), ams.Reference(job.IdempotencyKey))
			})
			if outcome.Kind() == ams.KindNotSent && last(job.JobInfo) {
				return sdk.Unknown[resultAnswer](outcome.Err()) // an earlier delivery may have been sent
			}
			return report(outcome, func(r ams.Receipt) resultAnswer {
				return resultAnswer{Result: contract.Result{Outcome: contract.Done, Reference: string(r.Reference)}}
			})
		},
		Resolve: func(ctx context.Context, job sdk.Job[input]) sdk.Outcome[resultAnswer] {
			tenant, key := m.of(job.Variables.Request)
			status := askStatus(ctx, systems, contract.StatusRequest{Tenant: tenant, Operation: m.operation, Key: key})
			if status.Outcome == contract.None && last(job.JobInfo) {
				return sdk.Done(resultAnswer{Result: contract.Result{Outcome: contract.None, Reason: noTrace}})
			}
			return resolve(status)
		},
		OnRejected: func(r sdk.Rejection) resultAnswer { return resultAnswer{Result: rejected(r)} },
		OnUnknown: func(error) resultAnswer {
			return resultAnswer{Result: contract.Result{Outcome: contract.Unknown, Reason: "the account system gave no trustworthy answer, nor to the question for the status"}}
		},
	}, sdk.Lease(lease))
}

// noTrace is why an operation is sent again.
const noTrace = "the account system has no trace of the operation; it is sent again under the same key"

// last says whether a failure would cost the job its last retry, and so end in an incident. A movement is answered before that:
// the flow goes on asking and sending for as long as an account system is down, and needs no person for it.
func last(job sdk.JobInfo) bool { return job.Retries <= 1 }

// trust takes a receipt for the answer only when it is about the operation that was asked for. An answer about another one says
// nothing about this one, so the outcome is unknown.
func trust(outcome ams.Outcome[ams.Receipt], reference ams.Reference) ams.Outcome[ams.Receipt] {
	if receipt, done := outcome.Value(); done && receipt.Reference != reference {
		return ams.Unknown[ams.Receipt](fmt.Errorf("asked for %s, the account system answered about %s", reference, receipt.Reference))
	}
	return outcome
}

// report turns the outcome of a movement into that of its job.
func report[T, Out any](outcome ams.Outcome[T], answer func(T) Out) sdk.Outcome[Out] {
	return ams.Match(outcome,
		func(value T) sdk.Outcome[Out] { return sdk.Done(answer(value)) },
		func(r ams.Rejection) sdk.Outcome[Out] { return sdk.Rejected[Out](string(r.Code), r.Reason) },
		sdk.Unknown[Out],
		func(cause error) sdk.Outcome[Out] { return sdk.Retryable[Out](cause, 0) },
	)
}

// reportRead is report for questions: one without an answer has no effect, so it is simply asked again.
func reportRead[T, Out any](outcome ams.Outcome[T], answer func(T) Out) sdk.Outcome[Out] {
	if outcome.Kind() == ams.KindUnknown {
		return sdk.Retryable[Out](outcome.Err(), 0)
	}
	return report(outcome, answer)
}

// resolve turns what the status says about an operation into the outcome of its job.
func resolve(status contract.Result) sdk.Outcome[resultAnswer] {
	switch status.Outcome {
	case contract.Done:
		return sdk.Done(resultAnswer{Result: status})
	case contract.Rejected:
		return sdk.Rejected[resultAnswer](string(status.Code), status.Reason)
	case contract.None:
		return sdk.Retryable[resultAnswer](errors.New(noTrace), 0)
	default:
		return sdk.Unknown[resultAnswer](errors.New(status.Reason))
	}
}

// rejected is a refusal as an answer. Its reason is ours, made from the code: a system's own words may hold names, numbers and
// balances of its customers, and the answer travels to the caller and into the audit.
func rejected(r sdk.Rejection) contract.Result {
	code := contract.Code(r.Code)
	return contract.Result{Outcome: contract.Rejected, Code: code, Reason: reason(code)}
}

// reason says in a sentence what a code means.
func reason(code contract.Code) string {
	switch code {
	case contract.CodePartyNotFound:
		return "nobody is known under this identifier"
	case contract.CodeAccountNotFound:
		return "there is no such account"
	case contract.CodeAccountClosed:
		return "the account is closed"
	case contract.CodeAccountFrozen:
		return "the account takes no movement for now"
	case contract.CodeCurrencyMismatch:
		return "the account is in another currency"
	case contract.CodeInsufficientFunds:
		return "the account has less available than is asked for"
	case contract.CodeReferenceConflict:
		return "the key was used before for something else"
	case contract.CodeInvalidRequest:
		return "the request is not one that the account system can carry out"
	case contract.CodeUnknownTenant:
		return errNoSystem.Reason
	default:
		return "the account system refused: " + string(code)
	}
}

// amount is a request's amount, or why it is none.
func amount(a contract.Amount) (money.Amount, error) { return money.Parse(a.Value, a.Currency) }

// invalid refuses a request before it is sent.
func invalid[T any](err error) ams.Outcome[T] {
	return ams.Rejected[T](ams.CodeInvalidRequest, "%s", err)
}
