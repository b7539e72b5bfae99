package chaos

import "testing"

// TestOneNode runs the arena on a cluster of one: it is killed, frozen and asked to end, and everything goes on.
func TestOneNode(t *testing.T) {
	onlyLong(t) // in the short form test/crash sees to a node that is alone
	a := enter(t, form{nodes: 1, partitions: 1, settings: map[string]string{"operations.store": "sqlite"}})
	n := a.cluster.Nodes[0]
	a.calm(2e9)
	a.harm("kill", n.Kill)
	a.restart(n)
	a.calm(2e9)
	a.harm("freeze", n.Freeze)
	a.calm(1e9)
	a.must(n.Thaw())
	a.calm(2e9)
	a.harm("ask to end", n.Terminate)
	a.restart(n)
	a.calm(2e9)
	a.settle("one node")
}
