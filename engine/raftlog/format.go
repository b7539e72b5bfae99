package raftlog

import "fmt"

// dataFormat is the version of everything in a data folder that another version of the program
// might not read: log, state, identity. It grows when an older program must not touch the data.
const dataFormat = 1

// NewerFormatError means that a newer version of the program wrote the data.
type NewerFormatError struct {
	What         string
	Found, Known int
}

// Error says which data, and what to do.
func (e *NewerFormatError) Error() string {
	return fmt.Sprintf("raftlog: %s has format %d, this version of payhub knows %d at most: a newer version wrote it "+
		"(start that version again, or restore a backup that this one has made)", e.What, e.Found, e.Known)
}
