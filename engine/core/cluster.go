package core

import "github.com/payhub/payhub/engine/record"

// Outbox calls visit with every send that is committed and not acknowledged by its receiver: by
// target, in the order of their numbers. A courier starts from it when leadership begins.
func (c *Core) Outbox(visit func(to int32, send *record.Send) bool) {
	c.view.Outbox(func(s *record.Send) bool { return visit(s.Partition, s) })
}

// Knows tells whether the partition knows a process definition.
func (c *Core) Knows(definitionKey int64) bool { return c.view.KnowsDefinition(definitionKey) }

// Configuration is the cluster's configuration as partition 1 keeps it; version 0 and nil while
// there is none, and at every other partition.
func (c *Core) Configuration() (version int64, document []byte) {
	if v := c.view.Configuration(); v != nil {
		return v.Version, v.Document
	}
	return 0, nil
}

// Routing is how many partitions there are, as partition 1 keeps it; ok is false while that is
// what the cluster was formed with, and at every other partition.
func (c *Core) Routing() (routing record.Routing, ok bool) {
	if r := c.view.Routing(); r != nil {
		return *r, true
	}
	return record.Routing{}, false
}

// Checkpoint is the number of the newest checkpoint, 0 if there is none.
func (c *Core) Checkpoint() int64 { return c.view.Checkpoint() }

// Definitions lists the keys of all process definitions in ascending order: a new partition is
// ready when it knows all that partition 1 knows.
func (c *Core) Definitions() (keys []int64) {
	c.view.Definitions(0, func(p *record.Process) bool {
		keys = append(keys, p.ProcessDefinitionKey)
		return true
	})
	return keys
}
