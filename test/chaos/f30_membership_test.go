package chaos

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestF30Membership adds a node, spreads leaders, and removes a node, while leaders are killed and started again.
func TestF30Membership(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{nodes: 4, factor: 3, spare: 1})
	a.serves("/actuator/cluster")
	newcomer := a.cluster.Nodes[3]
	newcomer.Settings = map[string]string{"engine.clusterSize": "4"}
	a.calm(2 * time.Second)
	a.must(newcomer.Launch())
	a.harm("node 3 is added, and a leader is killed meanwhile", func() error {
		killed := make(chan error, 1)
		victim := a.leader(1, a.cluster.Nodes[:3]...)
		go func() {
			a.calm(300 * time.Millisecond)
			killed <- victim.Kill()
		}()
		a.changed(map[string]any{"brokers": map[string]any{"add": []int{3}}}, 60*time.Second)
		if err := <-killed; err != nil {
			return err
		}
		a.restart(victim)
		return newcomer.Ready(a.ctx)
	})
	a.doors.All[3].Shut(false)
	for i := range rounds(t, 2, 10) {
		a.harm("leaders are spread, and one is killed", func() error {
			if _, err := a.manage(a.anyone(), http.MethodPost, "/actuator/rebalance", nil, nil); err != nil {
				return err
			}
			return nil
		})
		n := a.leader(1 + i%a.cluster.Partitions)
		a.harm(fmt.Sprintf("kill node %d", n.ID), n.Kill)
		a.calm(2 * time.Second)
		a.restart(n)
		a.calm(time.Second)
	}
	gone := a.cluster.Nodes[0]
	a.harm("node 0 is removed", func() error {
		a.changed(map[string]any{"brokers": map[string]any{"remove": []int{0}}}, 60*time.Second)
		return gone.Terminate()
	})
	a.doors.All[0].Shut(true)
	a.calm(2 * time.Second)
	topology, err := a.anyone().Topology(a.ctx)
	a.must(err)
	for _, b := range topology.GetBrokers() {
		if b.GetNodeId() == 0 && len(b.GetPartitions()) > 0 {
			t.Errorf("node 0 is removed and still has partitions: %v", b)
		}
	}
	a.settle("F30 membership")
}
