package state

import "github.com/payhub/payhub/engine/record"

// Configuration is the cluster's configuration; nil while there is none.
func (v *View) Configuration() *record.ClusterConfiguration {
	c, _ := load[record.ClusterConfiguration](v, v.key(tableConfiguration))
	return c
}

// PutConfiguration writes the cluster's configuration.
func (t *Tables) PutConfiguration(c *record.ClusterConfiguration) {
	t.overlay.put(t.key(tableConfiguration), t.overlay.encode(c))
}

// Routing is how many partitions there are; nil while that is what the cluster was formed with.
func (v *View) Routing() *record.Routing {
	r, _ := load[record.Routing](v, v.key(tableRouting))
	return r
}

// PutRouting writes how many partitions there are.
func (t *Tables) PutRouting(r *record.Routing) {
	t.overlay.put(t.key(tableRouting), t.overlay.encode(r))
}

// Checkpoint is the number of the newest checkpoint, 0 if there is none.
func (v *View) Checkpoint() int64 {
	if c, ok := load[record.Checkpoint](v, v.key(tableCheckpoint)); ok {
		return c.Number
	}
	return 0
}

// PutCheckpoint notes a checkpoint.
func (t *Tables) PutCheckpoint(c *record.Checkpoint) {
	t.overlay.put(t.key(tableCheckpoint), t.overlay.encode(c))
}

// Distributing tells whether a partition has not confirmed a deployment yet.
func (v *View) Distributing(deployment int64, partition int32) bool {
	return v.has(v.key(tableDistribution).num(deployment).num(int64(partition)))
}

// Distributed tells whether every partition has confirmed a deployment.
func (v *View) Distributed(deployment int64) bool {
	all := true
	v.scanPrefix(v.key(tableDistribution).num(deployment), func(_, _ []byte) bool {
		all = false
		return false
	})
	return all
}

// InsertDistribution notes that a deployment is on its way to a partition.
func (t *Tables) InsertDistribution(deployment int64, partition int32) {
	t.overlay.put(t.key(tableDistribution).num(deployment).num(int64(partition)), nil)
}

// DeleteDistribution notes that a partition has confirmed a deployment.
func (t *Tables) DeleteDistribution(deployment int64, partition int32) {
	t.overlay.remove(t.key(tableDistribution).num(deployment).num(int64(partition)))
}
