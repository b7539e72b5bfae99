package raftlog

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// A checkpoint is a folder:
//
//	partition.json  what it is
//	state/          the state, hard-linked
//	log-entries     the entries that exporters had not acknowledged
const (
	checkpointFile  = "partition.json"
	checkpointState = "state"
	restoredFile    = "restored.json"
)

// CheckpointInfo says what a checkpoint holds.
type CheckpointInfo struct {
	// Format is the version of the data in it.
	Format int `json:"format"`
	// Partition is whose state it is, Index the last log entry in that.
	Partition uint16 `json:"partition"`
	Index     uint64 `json:"index"`
	// Hash is the chain hash of the log at the index, in hexadecimal digits.
	Hash string `json:"hash"`
}

// Checkpoint makes dir, which must not exist and be on the disk of the data, a copy of everything
// that is applied, out of hard links, with the entries that exporters still need. index is the last
// entry in it. It may be called while entries are applied.
func (r *Replica) Checkpoint(dir string) (index uint64, err error) {
	if err = os.MkdirAll(filepath.Dir(dir), 0o755); err == nil {
		if err = os.Mkdir(dir, 0o755); err == nil {
			if index, err = r.checkpoint(dir); err != nil {
				os.RemoveAll(dir)
			}
		}
	}
	if err != nil {
		return 0, fmt.Errorf("raftlog: checkpoint of partition %d in %s: %w", r.config.Partition, dir, err)
	}
	return index, nil
}

// checkpoint fills an empty folder.
func (r *Replica) checkpoint(dir string) (index uint64, err error) {
	release := r.view.hold(0)
	defer release()
	if index, _, err = r.store.Checkpoint(filepath.Join(dir, checkpointState)); err != nil {
		return 0, err
	}
	s, _ := r.view.unexported(index)
	if err := writeEntriesFile(filepath.Join(dir, entriesName), r.view, s); err != nil {
		return 0, err
	}
	info := CheckpointInfo{Format: dataFormat, Partition: r.config.Partition, Index: index}
	if hash, ok := r.HashAt(index); ok {
		info.Hash = fmt.Sprintf("%x", hash)
	}
	text, err := json.Marshal(info)
	if err != nil {
		return 0, err
	}
	if err := writeFile(filepath.Join(dir, checkpointFile), text); err != nil {
		return 0, err
	}
	return index, Disk{}.SyncDir(dir)
}

func writeEntriesFile(name string, v *PartitionLog, s span) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 64<<10)
	if err := v.writeEntries(out, s); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// ReadCheckpoint reads what a checkpoint says about itself. Errors: *NewerFormatError, those of the disk.
func ReadCheckpoint(dir string) (CheckpointInfo, error) {
	var info CheckpointInfo
	text, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil {
		return info, fmt.Errorf("raftlog: %s is not a whole checkpoint: %w", dir, err)
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return info, fmt.Errorf("raftlog: %s in %s cannot be read: %w", checkpointFile, dir, err)
	}
	if info.Format > dataFormat {
		return info, &NewerFormatError{What: "the checkpoint in " + dir, Found: info.Format, Known: dataFormat}
	}
	return info, nil
}

// Restore copies the checkpoint in from into the data folder of a node that is not running and has
// nothing of the partition. When the replica is opened it must be given Voters: all replicas of the
// partition, each restored from the same checkpoint.
func Restore(data string, partition uint16, from string) error {
	info, err := ReadCheckpoint(from)
	if err != nil {
		return err
	}
	if info.Partition != partition {
		return fmt.Errorf("raftlog: %s is a checkpoint of partition %d, not of %d", from, info.Partition, partition)
	}
	dir := partitionDir(data, partition)
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("raftlog: %s is not empty (restore into an empty data folder)", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp := dir + ".restoring" // appears whole or not at all
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	for _, name := range []string{checkpointState, entriesName} {
		if err := copyTree(filepath.Join(from, name), filepath.Join(temp, name)); err != nil {
			return fmt.Errorf("raftlog: restore partition %d: %w", partition, err)
		}
	}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(temp, restoredFile), text); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return Disk{}.SyncDir(filepath.Join(temp, checkpointState)) },
		func() error { return Disk{}.SyncDir(temp) },
		func() error { return os.RemoveAll(dir) },
		func() error { return os.Rename(temp, dir) },
		func() error { return Disk{}.SyncDir(filepath.Dir(dir)) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("raftlog: restore partition %d: %w", partition, err)
		}
	}
	return nil
}

// copyTree copies a file or a folder and makes the content safe.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

// restored tells whether the partition was restored and not formed since.
func (r *Replica) restored() (bool, error) {
	_, err := os.Stat(filepath.Join(r.dir, restoredFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (r *Replica) endRestore() error {
	if err := os.Remove(filepath.Join(r.dir, restoredFile)); err != nil {
		return err
	}
	return Disk{}.SyncDir(r.dir)
}

func partitionDir(data string, partition uint16) string {
	return filepath.Join(data, "partitions", strconv.Itoa(int(partition)))
}

func (n *Node) partitionDir(partition uint16) string { return partitionDir(n.data, partition) }
