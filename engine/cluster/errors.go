package cluster

import (
	"errors"
	"fmt"

	"github.com/payhub/payhub/engine/partition"
)

// What a Router may say instead of an answer, wrapped with where and why.
var (
	// ErrOverloaded: the partition refuses work for now; the command surely was not executed.
	ErrOverloaded = errors.New("overloaded")
	// ErrUnavailable: no leader could be reached; the command surely was not executed.
	ErrUnavailable = errors.New("unavailable")
	// ErrOutcomeUnknown: the connection or the leadership was lost while the command was under way.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrUnknownPartition: the cluster has no such partition, and trying again will not help.
	ErrUnknownPartition = errors.New("unknown partition")
	// ErrNotFound: there is no such instance.
	ErrNotFound = errors.New("not found")
)

// translate gives a partition's error its meaning for a caller.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, partition.ErrQueueFull), errors.Is(err, partition.ErrDiskFull):
		return fmt.Errorf("%w: %w", ErrOverloaded, err)
	case errors.Is(err, partition.ErrNotLeader), errors.Is(err, partition.ErrStopped):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, partition.ErrUnknownOutcome):
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return err
}
