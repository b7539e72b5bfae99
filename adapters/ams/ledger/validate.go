package ledger

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
)

// Validate says whether a hold or credit would be taken now.
func (l *Ledger) Validate(ctx context.Context, request ams.ValidateRequest) ams.Outcome[ams.Party] {
	a, no, err := l.judge(ctx, ams.OperationValidate, request)
	if err == nil && no == nil && request.Direction == ams.DirectionDebit {
		no = affordable(a, request.Amount)
	}
	switch {
	case err != nil:
		return ams.NotSent[ams.Party](err)
	case no != nil:
		return ams.Rejected[ams.Party](no.Code, "%s", no.Reason)
	default:
		return ams.Done(a.party())
	}
}

// judge is what a validation and a quote have in common: everything but the funds.
func (l *Ledger) judge(ctx context.Context, op ams.Operation, request ams.ValidateRequest) (*account, *ams.Rejection, error) {
	if no := positive(op, request.Amount); no != nil {
		return nil, no, nil
	}
	if request.Direction != ams.DirectionDebit && request.Direction != ams.DirectionCredit {
		return nil, rejection(ams.CodeInvalidRequest, "%s: direction %q is neither DEBIT nor CREDIT", op, request.Direction), nil
	}
	a, err := l.readAccount(ctx, request.Account)
	if err != nil {
		return nil, nil, err
	}
	if a != nil && a.internal {
		a = nil
	}
	return a, usable(request.Account, a, request.Amount), nil
}
