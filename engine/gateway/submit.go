package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// submit hands a command to a partition and waits for its answer as long as the caller and the
// request timeout allow. Its errors are gRPC statuses.
func (s *Server) submit(ctx context.Context, partition int32, command record.Record) (record.Record, error) {
	answer, err := s.try(ctx, s.router.Submit, partition, command, s.config.RequestTimeout)
	if err != nil {
		return record.Record{}, technical(err)
	}
	return accepted(answer)
}

// submitter is a way to hand a command to a partition: the router's Submit or SubmitNow.
type submitter func(ctx context.Context, partition int32, command record.Record) (record.Record, error)

// try is submit with the router's own errors, and rejections as answers.
func (s *Server) try(ctx context.Context, submit submitter, partition int32, command record.Record, timeout time.Duration) (record.Record, error) {
	if err := ctx.Err(); err != nil {
		return record.Record{}, err // the caller has left already: nothing is executed
	}
	// A caller whose own deadline is earlier needs no second one, which would cost 3 % of the CPU.
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > timeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return submit(ctx, partition, command)
}

// accepted turns a rejection into its status.
func accepted(answer record.Record) (record.Record, error) {
	if answer.IsRejection() {
		return record.Record{}, rejection(&answer)
	}
	return answer, nil
}

// submitKeyed hands a command to the partition that made its key. A key that no partition can
// have made is unknown for good: clients repeat an UNAVAILABLE call for ever, so it is
// NOT_FOUND. missing is the engine's own text for an unknown key, with %d for the key.
func (s *Server) submitKeyed(ctx context.Context, command record.Record, missing string) (record.Record, error) {
	partition, err := s.router.PartitionForKey(command.Key)
	if err != nil {
		return record.Record{}, rejected(command.IntentName(), record.NotFound, fmt.Sprintf(missing, command.Key))
	}
	return s.submit(ctx, partition, command)
}

// submitAnywhere hands a command that makes something new to a partition with a short queue. Where
// that has no leader, another takes it; where none has, it waits for one. Overload is answered at
// once: asking others would carry it to them. A command that may have been executed is never
// repeated.
//
// A definition is made at one partition and mailed to the others, and a partition that was away may
// not know it yet. Its NOT_FOUND is a decision in its log, so nothing was made there, and the
// partition where definitions are made has the last word.
func (s *Server) submitAnywhere(ctx context.Context, command record.Record, timeout time.Duration) (record.Record, error) {
	partition := s.router.NextCreatePartition()
	answer, err := s.try(ctx, s.router.SubmitNow, partition, command, timeout)
	if errors.Is(err, ErrUnavailable) {
		partition, answer, err = s.submitElsewhere(ctx, partition, command, timeout)
	}
	if err == nil && partition != deploymentPartition && answer.IsRejection() && answer.RejectionType == record.NotFound {
		answer, err = s.try(ctx, s.router.Submit, deploymentPartition, command, timeout)
	}
	if err != nil {
		return record.Record{}, technical(err)
	}
	return accepted(answer)
}

// submitElsewhere hands a command to the first partition that has a leader, other than first, and
// if there is none waits for first's.
func (s *Server) submitElsewhere(ctx context.Context, first int32, command record.Record, timeout time.Duration) (int32, record.Record, error) {
	for _, partition := range s.router.PartitionIDs() {
		if partition == first {
			continue
		}
		if answer, err := s.try(ctx, s.router.SubmitNow, partition, command, timeout); !errors.Is(err, ErrUnavailable) {
			return partition, answer, err
		}
	}
	answer, err := s.try(ctx, s.router.Submit, first, command, timeout)
	return first, answer, err
}

// valueOf takes the value out of an answer of the expected type.
func valueOf[V record.Value](answer *record.Record) (V, error) {
	value, ok := answer.Value.(V)
	if !ok {
		return value, status.Errorf(codes.Internal, "the engine answered with %s %s, which does not answer this call", answer.ValueType, answer.IntentName())
	}
	return value, nil
}
