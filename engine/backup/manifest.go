package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// format is the version of what this program writes into a store; a newer one is not read.
const format = 1

// Cluster says what a backup is of.
type Cluster struct {
	// Format is the version of the backup's form.
	Format int `json:"format"`
	// ID is the backup's number and that of its checkpoint; Attempt is random, so that partitions of two
	// clusters that once were one never make a backup together.
	ID      int64  `json:"backupId"`
	Attempt string `json:"attempt"`
	// Created is when it was begun, in ms since the epoch.
	Created int64 `json:"created"`
	// Periodic tells that nobody asked for it: it is removed when it is old.
	Periodic bool `json:"periodic,omitempty"`
	// ClusterID is the cluster's name, Version the program's, MessagePartitions what correlation keys are
	// spread over.
	ClusterID         string `json:"clusterId"`
	Version           string `json:"version"`
	Partitions        int32  `json:"partitions"`
	MessagePartitions int32  `json:"messagePartitions"`
	// ConfigurationVersion is that of the cluster's configuration, which is Configuration.
	ConfigurationVersion int64           `json:"configurationVersion"`
	Configuration        json.RawMessage `json:"configuration"`
}

// Manifest says what a backup has of a partition.
type Manifest struct {
	Format  int    `json:"format"`
	ID      int64  `json:"backupId"`
	Attempt string `json:"attempt"`
	// Partition was copied by Node, which runs Version and writes data of the version DataFormat.
	Partition  int32  `json:"partitionId"`
	Node       int32  `json:"nodeId"`
	Version    string `json:"version"`
	DataFormat int    `json:"dataFormat"`
	// Position is the last record before the checkpoint, Index the last entry of the log in the copy, Hash
	// the log's chain hash there, in hexadecimal digits.
	Position int64  `json:"checkpointPosition"`
	Index    uint64 `json:"index"`
	Hash     string `json:"hash"`
	// Created is when the checkpoint was taken, Completed when the last file was in the store, in ms since
	// the epoch.
	Created   int64 `json:"created"`
	Completed int64 `json:"completed"`
	// Files are in the order of their names.
	Files []File `json:"files"`
}

// File is one file of a partition's copy. It is kept in parts.
type File struct {
	// Name is its path in the copy, with slashes.
	Name string `json:"name"`
	// Size is in bytes.
	Size  int64  `json:"size"`
	Parts []Part `json:"parts"`
}

// Part is a piece of a file; all but the last have the same size.
type Part struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bytes is the size of all files.
func (m *Manifest) Bytes() (sum int64) {
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// Failure says why a partition is missing in a backup for good.
type Failure struct {
	Reason string `json:"reason"`
	// Node is who says so, At is when, in ms since the epoch.
	Node int32 `json:"nodeId"`
	At   int64 `json:"at"`
}

// The names of objects. Numbers have a fixed width, so that names are in the order of numbers.
func folderOf(id int64) string    { return fmt.Sprintf("%020d/", id) }
func clusterName(id int64) string { return folderOf(id) + "cluster.json" }

func partitionFolder(id int64, partition int32) string {
	return folderOf(id) + strconv.Itoa(int(partition)) + "/"
}

func manifestName(id int64, partition int32) string {
	return partitionFolder(id, partition) + "manifest.json"
}

func failureName(id int64, partition int32) string {
	return partitionFolder(id, partition) + "failed.json"
}

// partName is where a part of a file is.
func partName(id int64, partition int32, file string, part int) string {
	return fmt.Sprintf("%sdata/%s/%06d", partitionFolder(id, partition), file, part)
}

// numberOf is the backup that a folder is of.
func numberOf(folder string) (id int64, ok bool) {
	id, err := strconv.ParseInt(folder, 10, 64)
	return id, err == nil && id > 0 && folder+"/" == folderOf(id)
}

// NewerFormatError means that a newer version of payhub wrote what this one shall read.
type NewerFormatError struct {
	What         string
	Found, Known int
}

// Error says which versions there are.
func (e *NewerFormatError) Error() string {
	return fmt.Sprintf("%s has the format %d, this payhub knows formats up to %d (use the version of payhub that wrote it, or a newer one)", e.What, e.Found, e.Known)
}

// maxDocument bounds the size of a document that is read.
const maxDocument = 256 << 20

// readDocument reads a JSON document of a format; ErrNotFound, *NewerFormatError and *DamagedError.
func readDocument(ctx context.Context, s Store, name string, into any) error {
	in, err := s.Get(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxDocument))
	if err != nil {
		return err
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return &DamagedError{Objects: []string{name}, Reason: err.Error()}
	}
	if head.Format > format {
		return &NewerFormatError{name, head.Format, format}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &DamagedError{Objects: []string{name}, Reason: err.Error()}
	}
	return nil
}

func writeDocument(ctx context.Context, s Store, name string, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	return s.Put(ctx, name, bytes.NewReader(text), int64(len(text)))
}

// DamagedError means that objects of a backup are not what was written, or are missing.
type DamagedError struct {
	// Objects are their names in the store.
	Objects []string
	Reason  string
}

// Error names the objects.
func (e *DamagedError) Error() string {
	more := ""
	if len(e.Objects) > 1 {
		more = fmt.Sprintf(" (and %d more: %v)", len(e.Objects)-1, e.Objects[1:])
	}
	return fmt.Sprintf("the backup is damaged: %s: %s%s (take another backup)", e.Objects[0], e.Reason, more)
}

// isDamage tells damage from a store that does not answer.
func isDamage(err error) bool {
	damaged := (*DamagedError)(nil)
	return errors.As(err, &damaged)
}
