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

// DamagedError means that the log holds bytes that are not what was written, in a place that a
// crash cannot explain. Acknowledged data may be lost if one went on, so nothing is opened.
type DamagedError struct {
	File   string
	Offset int64
	Reason string
}

// Error says where the damage is and what to do.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("raftlog: the log is damaged: %s at byte %d: %s (in a cluster, move the node's data folder "+
		"away and start it empty: it gets everything from the others; a single node needs its backup)",
		e.File, e.Offset, e.Reason)
}
