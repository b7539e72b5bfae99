package partition

import (
	"errors"

	"github.com/payhub/payhub/engine/record"
)

// Log replicates the batches of a partition; engine/raftlog is one.
type Log interface {
	// Propose appends a coded batch that was decided in the given term, with its rows, and returns
	// when it is committed and its rows are applied to the local state. ErrNotLeader: it is surely
	// not in the log and never will be. ErrUnknownOutcome: it may be, now or later. Any other error
	// means that the log failed and the process must end. Neither entry nor rows may be changed
	// afterwards.
	Propose(term uint64, entry []byte, rows []record.Row) error
	// Leadership tells of each change; only the newest waits to be received. A leader is announced
	// after a barrier: everything committed before its term is in the local state.
	Leadership() <-chan Leadership
	// Full is an error while the disk has too little room for new work.
	Full() error
}

// Leadership is whether this replica may decide, and in which term.
type Leadership struct {
	Leader bool
	Term   uint64
}

// Errors of the runtime, which are not rejections: the command was not decided, or nobody knows.
var (
	// ErrNotLeader means that the command was surely not accepted: another node leads the partition.
	ErrNotLeader = errors.New("partition: this node does not lead the partition (send the command to its leader)")
	// ErrUnknownOutcome means that leadership was lost while the command was on its way into the log:
	// it may have been accepted.
	ErrUnknownOutcome = errors.New("partition: leadership was lost while the command was written; it may or may not have " +
		"been accepted (look before sending it again)")
	// ErrStopped means that the partition was closed.
	ErrStopped = errors.New("partition: the partition is stopped")
)
