package gateway

import (
	"context"
	"errors"

	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// rejection is the status of a command that the engine refused: codes and the text's form are
// those of Zeebe's gateway, which clients match on.
func rejection(answer *record.Record) error {
	return rejected(answer.IntentName(), answer.RejectionType, answer.RejectionReason)
}

func rejected(intent string, kind record.RejectionType, reason string) error {
	return status.Errorf(rejectionCode(kind), "Command '%s' rejected with code '%s': %s", intent, kind, reason)
}

func rejectionCode(kind record.RejectionType) codes.Code {
	switch kind {
	case record.InvalidArgument:
		return codes.InvalidArgument
	case record.NotFound:
		return codes.NotFound
	case record.AlreadyExists:
		return codes.AlreadyExists
	case record.InvalidState:
		return codes.FailedPrecondition
	case record.ProcessingError:
		return codes.Internal
	case record.Unauthorized, record.Forbidden:
		return codes.PermissionDenied
	case record.ExceededBatchRecordSize:
		return codes.InvalidArgument
	}
	return codes.Unknown
}

// technical is the status of a command that got no answer. UNAVAILABLE and RESOURCE_EXHAUSTED
// are kept for what surely was not executed and may work later: clients repeat those calls,
// some of them for ever.
func technical(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "Time out between gateway and engine: no answer in time, and whether the command is carried out is not known")
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "the caller cancelled the call; whether the command is carried out is not known")
	case errors.Is(err, ErrOverloaded):
		return status.Errorf(codes.ResourceExhausted, "the engine refuses work for now, try again later: %v", err)
	case errors.Is(err, ErrUnavailable):
		return status.Errorf(codes.Unavailable, "the command was not executed, try again: %v", err)
	case errors.Is(err, ErrOutcomeUnknown):
		return status.Errorf(codes.Aborted, "whether the command was executed is not known: %v", err)
	case errors.Is(err, ErrUnknownPartition), errors.Is(err, ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	}
	return status.Errorf(codes.Internal, "the engine could not answer: %v", err)
}
