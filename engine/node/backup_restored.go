package node

import (
	"fmt"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/raftlog"
)

// readRestored reads what the data folder was restored from, and refuses settings that do not go with it
// while the new cluster is not formed.
func (n *Node) readRestored() (err error) {
	if n.backups.restored, err = backup.ReadNote(n.config.Data); err != nil || n.backups.restored == nil || n.configuration() != nil {
		return err
	}
	note, c := n.backups.restored, n.config.Cluster
	switch {
	case note.Node != n.config.ID:
		return fmt.Errorf("the data folder %s was restored for node %d, but this is node %d (correct engine.nodeId or engine.data)", n.config.Data, note.Node, n.config.ID)
	case note.Size != c.Size || note.Factor != c.Factor || note.Partitions != int32(c.Partitions):
		return fmt.Errorf("the data folder %s was restored for %d nodes, %d partitions and %d copies of each, but engine.clusterSize is %d, engine.partitions %d and "+
			"engine.replicationFactor %d (correct the settings, or restore again)", n.config.Data, note.Size, note.Partitions, note.Factor, c.Size, c.Partitions, c.Factor)
	case note.Zone(n.config.ID) != n.config.Zone:
		return fmt.Errorf("the data folder %s was restored for the zone %q, but engine.zone is %q (correct the setting, or restore again with the zones of all nodes)",
			n.config.Data, note.Zone(n.config.ID), n.config.Zone)
	}
	return nil
}

// restoredFrom is what all nodes of a cluster that is formed must have been restored from; "": they are new.
func (n *Node) restoredFrom() string {
	if n.backups.restored == nil {
		return ""
	}
	return n.backups.restored.String()
}

// formedFrom makes the first configuration of a restored cluster out of that of a new one: its versions are above all
// that the old cluster had when the backup was made, whose configuration is in the log of partition 1; correlation
// keys stay where they are.
func (n *Node) formedFrom(c *placement.Configuration) *placement.Configuration {
	if n.backups.restored == nil {
		return c
	}
	c.Version, c.MessagePartitions = n.backups.restored.ConfigurationVersion, n.backups.restored.MessagePartitions
	return c
}

// isRestored tells whether a partition was restored here and not opened since: it begins with the members that the
// configuration has, as in a formation.
func (n *Node) isRestored(partition int32) bool {
	return n.backups.restored != nil && raftlog.Restored(n.config.Data, uint16(partition))
}
