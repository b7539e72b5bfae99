package placement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Format is the version of the document that this program writes; it reads this one and older ones.
const Format = 1

// ErrNewerFormat is why a document of a newer program is not read.
var ErrNewerFormat = errors.New("the cluster's configuration was written by a newer version: upgrade this node")

// Bounds of what a document may hold; they keep a broken one from costing memory.
const (
	maxPartitions = 8191 // 13 bits of a key
	maxNode       = 1<<31 - 2
)

// document is a configuration with its format in front.
type document struct {
	Format int `json:"format"`
	*Configuration
}

// Encode writes the configuration as JSON with a format version; the same configuration is always the
// same bytes.
func (c *Configuration) Encode() []byte {
	b, err := json.Marshal(document{Format: Format, Configuration: c})
	if err != nil {
		panic(fmt.Sprintf("placement: a configuration of plain values was not written as JSON: %v", err))
	}
	return b
}

// Decode reads what Encode wrote. A document of a newer format is ErrNewerFormat; one that contradicts
// itself or has unknown fields is an error, since rewriting it would lose them.
func Decode(b []byte) (*Configuration, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("configuration of the cluster: %w", err)
	}
	switch {
	case head.Format > Format:
		return nil, fmt.Errorf("%w (format %d; this one reads up to %d)", ErrNewerFormat, head.Format, Format)
	case head.Format < 1:
		return nil, fmt.Errorf("configuration of the cluster: format %d: there is none before 1", head.Format)
	}
	d := document{Configuration: &Configuration{}}
	in := json.NewDecoder(bytes.NewReader(b))
	in.DisallowUnknownFields()
	if err := in.Decode(&d); err != nil {
		return nil, fmt.Errorf("configuration of the cluster: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("configuration of the cluster: something follows the document")
	}
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("configuration of the cluster: %w", err)
	}
	return d.Configuration, nil
}

// check refuses a configuration that contradicts itself.
func (c *Configuration) check() error {
	if c.Version < 1 {
		return fmt.Errorf("version %d: the first is 1", c.Version)
	}
	if err := checkMembers(c.Members); err != nil {
		return err
	}
	if len(c.Members) == 0 {
		return errors.New("it has no node")
	}
	if len(c.Partitions) == 0 || len(c.Partitions) > maxPartitions {
		return fmt.Errorf("%d partitions: there are 1 to %d", len(c.Partitions), maxPartitions)
	}
	if c.ReplicationFactor < 1 {
		return fmt.Errorf("replication factor %d: it is at least 1", c.ReplicationFactor)
	}
	for i, p := range c.Partitions {
		if p.ID != int32(i)+1 {
			return fmt.Errorf("partition %d is where partition %d belongs", p.ID, i+1)
		}
		if err := c.checkReplicas(p); err != nil {
			return fmt.Errorf("partition %d: %w", p.ID, err)
		}
	}
	if n := int32(len(c.Partitions)); c.RoutedPartitions < 1 || c.RoutedPartitions > n || c.MessagePartitions < 1 || c.MessagePartitions > n {
		return fmt.Errorf("it routes to %d partitions and messages to %d of %d", c.RoutedPartitions, c.MessagePartitions, n)
	}
	return c.checkChange()
}

func checkMembers(members []Member) error {
	if !slices.IsSortedFunc(members, func(a, b Member) int { return cmp.Compare(a.Node, b.Node) }) {
		return errors.New("its nodes are not in order")
	}
	for i, m := range members {
		switch {
		case m.Node < 0 || m.Node > maxNode:
			return fmt.Errorf("node %d: a node id is 0 to %d", m.Node, maxNode)
		case m.Generation == "":
			return fmt.Errorf("node %d has no generation", m.Node)
		case i > 0 && members[i-1].Node == m.Node:
			return fmt.Errorf("node %d is there twice", m.Node)
		}
	}
	return nil
}

func (c *Configuration) checkReplicas(p Partition) error {
	if len(p.Replicas) == 0 {
		return errors.New("it has no replica")
	}
	for i, r := range p.Replicas {
		if i > 0 && p.Replicas[i-1].Node >= r.Node {
			return errors.New("its replicas are not in order of their nodes")
		}
		if _, ok := c.Member(r.Node); !ok {
			return unknownNode(r.Node)
		}
		if r.Generation == "" || r.Priority < 1 {
			return fmt.Errorf("the replica on node %d has generation %q and priority %d", r.Node, r.Generation, r.Priority)
		}
	}
	return nil
}

// checkChange tries the rest of the change: a document whose next steps do not fit is refused while
// the one before it is still there, not when it is too late.
func (c *Configuration) checkChange() error {
	if c.Change == nil {
		return nil
	}
	if c.Change.Done < 0 || c.Change.Done >= len(c.Change.Operations) {
		return fmt.Errorf("change %d: %d of %d operations are done", c.Change.ID, c.Change.Done, len(c.Change.Operations))
	}
	trial := c.clone()
	for i, o := range c.Change.Operations[c.Change.Done:] {
		if err := trial.apply(o); err != nil {
			return fmt.Errorf("change %d: operation %d: %w", c.Change.ID, c.Change.Done+i, err)
		}
	}
	trial.Change = nil
	return trial.check()
}
