package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/raftlog"
)

// Target is the node of a new cluster that a backup is restored to.
type Target struct {
	// Data is its data folder, empty or not there yet.
	Data string
	// Node is its number, of Size nodes numbered from 0; Factor of them have each partition.
	Node         int32
	Size, Factor int
	// Zones are where the nodes stand, by their numbers; nil: the cluster has no zones.
	Zones []string
	// Partitions is how many partitions the cluster shall have, which must be as many as the backup has; 0:
	// as many.
	Partitions int32
}

// Note is what a restored data folder remembers: the file restored.json.
type Note struct {
	Format int `json:"format"`
	// ID and Attempt are the backup's, ClusterID is the cluster it was of.
	ID        int64  `json:"backupId"`
	Attempt   string `json:"attempt"`
	ClusterID string `json:"clusterId"`
	// The new cluster's shape, on which it depends which node has which partition.
	Node   int32    `json:"nodeId"`
	Size   int      `json:"clusterSize"`
	Factor int      `json:"replicationFactor"`
	Zones  []string `json:"zones,omitempty"`
	// Partitions is how many there are, MessagePartitions what correlation keys are spread over.
	Partitions        int32 `json:"partitions"`
	MessagePartitions int32 `json:"messagePartitions"`
	// ConfigurationVersion is that of the first configuration of the new cluster: of a lineage of its own,
	// above all that the old one had at the backup.
	ConfigurationVersion int64 `json:"configurationVersion"`
	// At is when it was restored, in ms since the epoch; Own are the partitions of this node.
	At  int64      `json:"at"`
	Own []Restored `json:"own"`
}

// Restored is where a restored partition begins.
type Restored struct {
	Partition int32 `json:"partitionId"`
	// Position is the last record in the backup: later ones are written anew, under positions that the old
	// cluster may have used for others. Index and Hash are where the two logs part.
	Position int64  `json:"position"`
	Index    uint64 `json:"index"`
	Hash     string `json:"hash"`
	Bytes    int64  `json:"bytes"`
}

const (
	noteName  = "restored.json"
	arriving  = "arriving" // folder in the data folder for what is on its way
	retryText = "empty it, or name another one"
)

// Restore fills the data folder of a node that is not running with the partitions that the new
// cluster will have on it. now is in ms since the epoch. When it fails, the data folder is left
// empty. Errors: those that say what does not fit, ErrNotFound, *DamagedError, *NewerFormatError, those
// of store and disk.
func Restore(ctx context.Context, s Store, id int64, t Target, now int64) (Note, error) {
	c, err := ReadCluster(ctx, s, id)
	if err != nil {
		return Note{}, fmt.Errorf("backup %d in %s: %w", id, s, err)
	}
	own, err := t.own(&c)
	if err != nil {
		return Note{}, err
	}
	status, err := ReadStatus(ctx, s, id, Working{})
	if err == nil && status.State != Completed {
		err = fmt.Errorf("backup %d in %s is %s and cannot be restored: %s", id, s, status.State, status.FailureReason)
	}
	if err == nil {
		err = t.empty()
	}
	if err != nil {
		return Note{}, err
	}
	note := Note{
		Format: format, ID: id, Attempt: c.Attempt, ClusterID: c.ClusterID, Node: t.Node, Size: t.Size, Factor: t.Factor, Zones: t.Zones,
		Partitions: c.Partitions, MessagePartitions: c.MessagePartitions, At: now,
		ConfigurationVersion: (c.ConfigurationVersion/placement.Lineage + 1) * placement.Lineage,
	}
	if err = note.fill(ctx, s, &c, t.Data, own); err != nil {
		err = errors.Join(err, clear(t.Data))
	}
	return note, err
}

// own lists the partitions that the new cluster will have on the node.
func (t Target) own(c *Cluster) (own []int32, err error) {
	if t.Partitions != 0 && t.Partitions != c.Partitions {
		return nil, fmt.Errorf("backup %d has %d partitions, and the new cluster shall have %d: the number must be the same (add partitions "+
			"afterwards with payhub cluster scale --partitions)", c.ID, c.Partitions, t.Partitions)
	}
	if t.Node < 0 || int(t.Node) >= t.Size {
		return nil, fmt.Errorf("node %d: the nodes of a cluster of %d are numbered 0 to %d", t.Node, t.Size, t.Size-1)
	}
	if len(t.Zones) != 0 && len(t.Zones) != t.Size {
		return nil, fmt.Errorf("%d zones are named for %d nodes: name the zone of each node, in their order", len(t.Zones), t.Size)
	}
	members := make([]placement.Member, t.Size)
	for i := range members {
		members[i] = placement.Member{Node: int32(i), Generation: "restored"}
		if len(t.Zones) > 0 {
			members[i].Zone = t.Zones[i]
		}
	}
	formed, err := placement.Form(c.ClusterID, members, int(c.Partitions), t.Factor)
	if err != nil {
		return nil, err
	}
	for _, p := range formed.Partitions {
		if _, here := p.On(t.Node); here {
			own = append(own, p.ID)
		}
	}
	return own, nil
}

// empty refuses a data folder in which something is.
func (t Target) empty() error {
	entries, err := os.ReadDir(t.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("the data folder %s is not empty: there is %s in it (%s)", t.Data, entries[0].Name(), retryText)
	}
	return nil
}

// clear empties a data folder after a restore that failed.
func clear(data string) error {
	return errors.Join(os.RemoveAll(filepath.Join(data, arriving)), os.RemoveAll(filepath.Join(data, "partitions")))
}

// fill restores the partitions and notes it when all of them stand.
func (n *Note) fill(ctx context.Context, s Store, c *Cluster, data string, own []int32) error {
	damage := collected{}
	for _, partition := range own {
		r, err := restorePartition(ctx, s, c, data, partition)
		switch {
		case isDamage(err):
			damage.add(err)
		case err != nil:
			return err
		}
		n.Own = append(n.Own, r)
	}
	if err := damage.err(); err != nil {
		return err
	}
	if err := os.MkdirAll(data, 0o755); err != nil { // a node may have no partition
		return err
	}
	if err := os.RemoveAll(filepath.Join(data, arriving)); err != nil {
		return err
	}
	return writeDocument(ctx, Folder(data), noteName, n)
}

// restorePartition brings a partition into the data folder.
func restorePartition(ctx context.Context, s Store, c *Cluster, data string, partition int32) (r Restored, err error) {
	m, err := ReadManifest(ctx, s, c, partition)
	if err != nil {
		return r, err
	}
	if m.DataFormat > raftlog.DataFormat() {
		return r, &NewerFormatError{fmt.Sprintf("partition %d in backup %d", partition, c.ID), m.DataFormat, raftlog.DataFormat()}
	}
	dir := filepath.Join(data, arriving, fmt.Sprint(partition))
	if err := Download(ctx, s, &m, dir); err != nil {
		return r, err
	}
	info, err := raftlog.ReadCheckpoint(dir)
	if err != nil {
		return r, err
	}
	if info.Index != m.Index || info.Hash != m.Hash {
		return r, &DamagedError{Objects: []string{manifestName(c.ID, partition)}, Reason: fmt.Sprintf("it says entry %d with hash %s, the files say entry %d with hash %s",
			m.Index, m.Hash, info.Index, info.Hash)}
	}
	if err := raftlog.Restore(data, uint16(partition), dir); err != nil {
		return r, err
	}
	r = Restored{Partition: partition, Position: m.Position, Index: m.Index, Hash: m.Hash, Bytes: m.Bytes()}
	return r, os.RemoveAll(dir)
}

// ReadNote reads what a data folder was restored from; nil if it was not. Errors: *NewerFormatError, *DamagedError,
// those of the disk.
func ReadNote(data string) (*Note, error) {
	n := &Note{}
	err := readDocument(context.Background(), Folder(data), noteName, n)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", noteName, data, err)
	}
	return n, nil
}

// Zone is where a node of the new cluster stands.
func (n *Note) Zone(node int32) string {
	if int(node) < len(n.Zones) {
		return n.Zones[node]
	}
	return ""
}

// Has tells whether a partition was restored to this node.
func (n *Note) Has(partition int32) bool {
	return slices.ContainsFunc(n.Own, func(r Restored) bool { return r.Partition == partition })
}

// String says what all nodes of the new cluster must have in common.
func (n *Note) String() string {
	text := fmt.Sprintf("backup %d (%s)", n.ID, n.Attempt)
	if len(n.Zones) > 0 {
		text += " with the zones " + strings.Join(n.Zones, ",")
	}
	return text
}
