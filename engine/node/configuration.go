package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/payhub/payhub/engine/cluster/placement"
)

const (
	// copyName is the node's copy of the cluster's configuration, in its data folder.
	copyName = "cluster.json"
	// configurationFact is the name by which gossip spreads it.
	configurationFact = "configuration"
)

// configuration is the newest configuration that this node knows, nil before the cluster is formed.
func (n *Node) configuration() *placement.Configuration { return n.current.Load() }

// readCopy reads the node's copy of the configuration; none is no error.
func (n *Node) readCopy() error {
	name := filepath.Join(n.config.Data, copyName)
	document, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the cluster's configuration: %w", err)
	}
	c, err := placement.Decode(document)
	if err != nil {
		return fmt.Errorf("%s: %w (bring it back from another node's data folder)", name, err)
	}
	if c.ClusterID != n.config.Cluster.ID {
		return fmt.Errorf("the data folder %s belongs to the cluster %q, but engine.clusterId is %q (correct one of them)",
			n.config.Data, c.ClusterID, n.config.Cluster.ID)
	}
	n.current.Store(c)
	return nil
}

// adopt takes over a configuration if it is newer than what the node knows: it is on disk before
// anything follows from it.
func (n *Node) adopt(c *placement.Configuration) error {
	n.adopting.Lock()
	defer n.adopting.Unlock()
	if now := n.configuration(); now != nil && c.Version <= now.Version {
		return nil
	}
	if c.ClusterID != n.config.Cluster.ID {
		return fmt.Errorf("a configuration of the cluster %q is not for this cluster %q", c.ClusterID, n.config.Cluster.ID)
	}
	document := c.Encode()
	if err := writeFile(filepath.Join(n.config.Data, copyName), document); err != nil {
		return fmt.Errorf("write the cluster's configuration: %w", err)
	}
	n.current.Store(c)
	n.spread(c)
	if n.abandoned(c) {
		n.config.Fatal(&AbandonedError{string(n.log.ServerID())})
	}
	wake(n.reconfigured)
	n.coordinator.wake()
	return nil
}

// spread tells the router and the other nodes what the configuration is.
func (n *Node) spread(c *placement.Configuration) {
	n.router.SetPartitions(c.RoutedPartitions, c.MessagePartitions)
	n.tell(configurationFact, uint64(c.Version), c.Encode())
}

// heard takes a fact that gossip brought.
func (n *Node) heard(version uint64, document []byte) {
	if now := n.configuration(); now != nil && version <= uint64(now.Version) {
		return
	}
	c, err := placement.Decode(document)
	if err == nil {
		err = n.adopt(c)
	}
	if err != nil {
		n.config.Logger.Error("a configuration of the cluster that another node spread is not taken over", "version", version, "error", err)
	}
}

// wake makes a channel of room 1 ready without waiting.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// writeFile replaces a file so that a crash leaves the old or the new content.
func writeFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name()) //nolint:errcheck // the error before counts
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
