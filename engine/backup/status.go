package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// State is how far a backup, or a partition of it, has come. The names are those of Zeebe's
// management API.
type State string

// The states.
const (
	DoesNotExist State = "DOES_NOT_EXIST"
	InProgress   State = "IN_PROGRESS"
	Completed    State = "COMPLETED"
	// Failed: somebody noted why it will never be completed.
	Failed State = "FAILED"
	// Incomplete: partitions are missing and nobody works on them.
	Incomplete State = "INCOMPLETE"
	// Incompatible: a newer version of payhub has made it.
	Incompatible State = "INCOMPATIBLE"
)

// Status is how a backup stands, in the form of Zeebe's management API.
type Status struct {
	ID            int64             `json:"backupId"`
	State         State             `json:"state"`
	FailureReason string            `json:"failureReason,omitempty"`
	Details       []PartitionStatus `json:"details"`
}

// PartitionStatus is how a partition of a backup stands.
type PartitionStatus struct {
	Partition     int32  `json:"partitionId"`
	State         State  `json:"state"`
	FailureReason string `json:"failureReason,omitempty"`
	// CreatedAt and LastUpdatedAt are times of ISO 8601 in UTC, "" if unknown.
	CreatedAt     string `json:"createdAt,omitempty"`
	LastUpdatedAt string `json:"lastUpdatedAt,omitempty"`
	// SnapshotID names the copy: the last entry of the log in it and the log's hash there.
	SnapshotID string `json:"snapshotId,omitempty"`
	// CheckpointPosition is the last record in it, 0 if unknown; BrokerID is the node that made it, of the
	// version BrokerVersion.
	CheckpointPosition int64  `json:"checkpointPosition,omitempty"`
	BrokerID           int32  `json:"brokerId"`
	BrokerVersion      string `json:"brokerVersion,omitempty"`
	// Bytes is the size of its files.
	Bytes int64 `json:"bytes,omitempty"`
}

// Working is what the nodes of the cluster do for a backup, asked before the store is read.
type Working struct {
	// Beginning: its partitions are still being told.
	Beginning bool
	// Partitions are those that a node copies now, with its number.
	Partitions map[int32]int32
}

// IDs lists the numbers of the backups in a store, in ascending order.
func IDs(ctx context.Context, s Store) (ids []int64, err error) {
	folders, err := s.Folders(ctx)
	for _, folder := range folders {
		if id, ok := numberOf(folder); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, err
}

// ReadCluster reads what a backup is of. Errors: ErrNotFound, *NewerFormatError, *DamagedError.
func ReadCluster(ctx context.Context, s Store, id int64) (c Cluster, err error) {
	err = readDocument(ctx, s, clusterName(id), &c)
	if err == nil && (c.ID != id || c.Partitions < 1) {
		err = &DamagedError{Objects: []string{clusterName(id)}, Reason: fmt.Sprintf("it says that it is backup %d of %d partitions", c.ID, c.Partitions)}
	}
	return c, err
}

// Begin writes what a backup is of.
func Begin(ctx context.Context, s Store, c Cluster) error {
	c.Format = format
	return writeDocument(ctx, s, clusterName(c.ID), c)
}

// Fail notes that a partition will be missing.
func Fail(ctx context.Context, s Store, id int64, partition int32, f Failure) error {
	return writeDocument(ctx, s, failureName(id, partition), f)
}

// ReadStatus reads how a backup stands. An error is the store's.
func ReadStatus(ctx context.Context, s Store, id int64, w Working) (Status, error) {
	status := Status{ID: id, Details: []PartitionStatus{}}
	c, err := ReadCluster(ctx, s, id)
	newer := (*NewerFormatError)(nil)
	switch {
	case errors.Is(err, ErrNotFound):
		status.State = DoesNotExist
		if names, err := s.List(ctx, folderOf(id)); err != nil || len(names) == 0 {
			return status, err
		}
		status.State, status.FailureReason = Incomplete, "its description is missing"
		return status, nil
	case errors.As(err, &newer):
		status.State, status.FailureReason = Incompatible, err.Error()
		return status, nil
	case isDamage(err):
		status.State, status.FailureReason = Failed, err.Error()
		return status, nil
	case err != nil:
		return status, err
	}
	for partition := int32(1); partition <= c.Partitions; partition++ {
		p, err := partitionStatus(ctx, s, &c, partition, w)
		if err != nil {
			return status, err
		}
		status.Details = append(status.Details, p)
	}
	status.sum()
	return status, nil
}

// sum is what the states of the partitions come to.
func (s *Status) sum() {
	s.State = Completed
	for _, worse := range []State{Failed, Incompatible, InProgress, Incomplete} {
		at := slices.IndexFunc(s.Details, func(p PartitionStatus) bool { return p.State == worse })
		if at < 0 {
			continue
		}
		s.State = worse
		if reason := s.Details[at].FailureReason; reason != "" {
			s.FailureReason = fmt.Sprintf("partition %d: %s", s.Details[at].Partition, reason)
		}
		return
	}
}

// partitionStatus reads how a partition stands. What failed stays so, whatever came later.
func partitionStatus(ctx context.Context, s Store, c *Cluster, partition int32, w Working) (PartitionStatus, error) {
	p := PartitionStatus{Partition: partition, State: Incomplete, CreatedAt: timeOf(c.Created), LastUpdatedAt: timeOf(c.Created)}
	var f Failure
	if err := readDocument(ctx, s, failureName(c.ID, partition), &f); err == nil || isDamage(err) {
		p.State, p.FailureReason, p.BrokerID, p.LastUpdatedAt = Failed, f.Reason, f.Node, timeOf(f.At)
		return p, nil
	} else if !errors.Is(err, ErrNotFound) {
		return p, err
	}
	m, err := ReadManifest(ctx, s, c, partition)
	newer := (*NewerFormatError)(nil)
	switch {
	case err == nil:
		p.State, p.BrokerID, p.BrokerVersion, p.Bytes = Completed, m.Node, m.Version, m.Bytes()
		p.CheckpointPosition, p.CreatedAt, p.LastUpdatedAt = m.Position, timeOf(m.Created), timeOf(m.Completed)
		p.SnapshotID = fmt.Sprintf("%d-%.16s", m.Index, m.Hash)
	case errors.As(err, &newer):
		p.State, p.FailureReason = Incompatible, err.Error()
	case isDamage(err):
		p.State, p.FailureReason = Failed, err.Error()
	case !errors.Is(err, ErrNotFound):
		return p, err
	case w.Beginning:
		p.State = InProgress
	default:
		if node, ok := w.Partitions[partition]; ok {
			p.State, p.BrokerID = InProgress, node
		} else {
			p.FailureReason = "nobody works on it: its leader changed or ended before it was copied"
		}
	}
	return p, nil
}

// ReadManifest reads what a backup has of a partition. Errors: ErrNotFound, *NewerFormatError, *DamagedError.
func ReadManifest(ctx context.Context, s Store, c *Cluster, partition int32) (m Manifest, err error) {
	name := manifestName(c.ID, partition)
	if err := readDocument(ctx, s, name, &m); err != nil {
		return m, err
	}
	if m.ID != c.ID || m.Partition != partition || m.Attempt != c.Attempt {
		return m, &DamagedError{Objects: []string{name}, Reason: fmt.Sprintf("it is of partition %d in backup %d, attempt %q, and not of %d in %d, attempt %q",
			m.Partition, m.ID, m.Attempt, partition, c.ID, c.Attempt)}
	}
	return m, nil
}

// Delete removes a backup. What says that it is complete goes first, what says that it is there goes last: a
// deletion that was interrupted leaves a backup that is incomplete and can be deleted. ErrNotFound if it is
// not there.
func Delete(ctx context.Context, s Store, id int64) error {
	names, err := s.List(ctx, folderOf(id))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("backup %d: %w", id, ErrNotFound)
	}
	rank := func(name string) int {
		switch {
		case name == clusterName(id):
			return 2
		case isManifest(name):
			return 0
		}
		return 1
	}
	groups := make([][]string, 3)
	for _, name := range names {
		groups[rank(name)] = append(groups[rank(name)], name)
	}
	for _, group := range groups {
		if err := each(ctx, group, func(ctx context.Context, name string) error { return s.Delete(ctx, name) }); err != nil {
			return err
		}
	}
	return nil
}

// timeOf writes milliseconds since the epoch as ISO 8601.
func timeOf(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}
