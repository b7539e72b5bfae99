package ledger

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
)

// Status says what has become of an operation. The question queues behind the writes, so an operation that came before it is never
// answered with StateNone.
func (l *Ledger) Status(ctx context.Context, reference ams.Reference) ams.Outcome[ams.Status] {
	if err := reference.Check(); err != nil {
		return ams.Rejected[ams.Status](ams.CodeInvalidRequest, "status: %s", err)
	}
	return submit(ctx, l, func(b *batch) (ams.Outcome[ams.Status], error) {
		status, err := b.status(reference)
		return ams.Done(status), err
	})
}

func (b *batch) status(reference ams.Reference) (ams.Status, error) {
	status := ams.Status{Reference: reference, State: ams.StateNone}
	known, err := b.find(reference)
	if known == nil {
		return status, err
	}
	if known.operation == operationFence {
		status.State, status.By = ams.StateReversed, known.target
		if known.code == ams.CodeHoldReleased {
			status.State, status.Operation = ams.StateReleased, ams.OperationHold
		}
		return status, nil
	}
	status.Operation = known.operation
	if known.code != "" {
		status.State = ams.StateRejected
		status.Rejection = ams.Rejection{Code: known.code, Reason: known.reason}
		return status, nil
	}
	status.Receipt = known.receipt()
	switch known.operation {
	case ams.OperationHold:
		err = b.holdStatus(&status)
	case ams.OperationRelease:
		status.State = ams.StateReleased
	case ams.OperationReverse:
		status.State = ams.StateReversed
	default:
		status.State = ams.StateBooked
		if status.By, err = b.reversal(reference); status.By != "" {
			status.State = ams.StateReversed
		}
	}
	return status, err
}

func (b *batch) holdStatus(status *ams.Status) error {
	h, err := b.findHold(status.Reference)
	if err != nil || h == nil {
		return err
	}
	status.State, status.By, status.Expires = h.state, h.endedBy, h.expires
	if h.state == ams.StateBooked {
		status.Booked = h.booked
	}
	status.Expired = h.state == ams.StateHeld && !h.expires.IsZero() && !b.now.Before(h.expires)
	return nil
}
