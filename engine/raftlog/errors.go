package raftlog

import (
	"errors"
	"fmt"
)

// ErrStopped is the error of a node or replica that was closed.
var ErrStopped = errors.New("raftlog: the log is closed")

// InUseError means that another process works in the data folder.
type InUseError struct{ Dir string }

// Error says which folder it is and what to do.
func (e *InUseError) Error() string {
	return fmt.Sprintf("raftlog: the data folder %s is used by another process (stop it, or give this one "+
		"a folder of its own)", e.Dir)
}

// DamagedError means that the log, or the state, holds bytes that are not what was written, in a place that a
// crash cannot explain. Acknowledged data may be lost if one went on, so nothing is opened.
type DamagedError struct {
	File   string
	Offset int64
	Reason string
	// State is whether it is the state, in the folder File, rather than the log.
	State bool
}

// Error says where the damage is and what to do.
func (e *DamagedError) Error() string {
	what, where := "the log", fmt.Sprintf("%s at byte %d", e.File, e.Offset)
	if e.State {
		what, where = "the state", e.File
	}
	return fmt.Sprintf("raftlog: %s is damaged: %s: %s (in a cluster, move the node's data folder "+
		"away and start it empty: it gets everything from the others; a single node needs its backup)",
		what, where, e.Reason)
}
