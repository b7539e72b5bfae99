package raftlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MoveAside moves everything that a node which is not running has in its data folder into a new
// folder in it, whose name is returned: damaged data is kept to be looked at, and the node starts as
// a new generation that gets everything from the others. A node that is alone needs its backup.
func MoveAside(data string) (to string, err error) {
	lock, err := lockFile(data)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	for i := 1; ; i++ {
		to = filepath.Join(data, fmt.Sprintf("damaged-%d", i))
		if err := os.Mkdir(to, 0o755); err == nil {
			break
		} else if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("raftlog: move damaged data aside: %w", err)
		}
	}
	// The identity goes first: what is left without it is never taken for the node it was.
	for _, name := range []string{"node.json", "log", "partitions"} {
		err := os.Rename(filepath.Join(data, name), filepath.Join(to, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("raftlog: move damaged data aside: %w", err)
		}
		if err := (Disk{}).SyncDir(data); err != nil {
			return "", err
		}
	}
	return to, nil
}
