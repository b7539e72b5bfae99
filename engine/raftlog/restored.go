package raftlog

import (
	"os"
	"path/filepath"
)

// Restored tells whether a partition in a data folder was restored and not opened since: it must be
// opened with its Voters.
func Restored(data string, partition uint16) bool {
	_, err := os.Stat(filepath.Join(partitionDir(data, partition), restoredFile))
	return err == nil
}
