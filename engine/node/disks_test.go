package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/record"
)

func TestBadDisks(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		name  string
		disks diskReports
		bad   bool
	}{
		{"does not answer", diskReports{"1-b": {Latency: ms}}, true},
		{"like the others", diskReports{"0-a": {Latency: 30 * ms}, "1-b": {Latency: 10 * ms}, "2-c": {Latency: 20 * ms}}, false},
		{"slow", diskReports{"0-a": {Latency: 90 * ms}, "1-b": {Latency: ms}, "2-c": {Latency: 2 * ms}}, true},
		{"nobody to compare with", diskReports{"0-a": {Latency: 90 * ms}}, false},
		{"full", diskReports{"0-a": {Full: true}}, true},
	} {
		if bad := c.disks.bad("0-a"); bad != c.bad {
			t.Errorf("%s: bad %v", c.name, bad)
		}
	}
}

// TestANodeWithAFullDiskLeadsNothing forms a cluster one of whose nodes keeps more space free than any disk has.
func TestANodeWithAFullDiskLeadsNothing(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 3, change: func(c *Config) {
		c.HandBackAfter = time.Second // nor is anything handed back to it
		if c.ID == 0 {
			c.MinFree = 1 << 62
		}
	}})
	full := w.node(0)
	w.waitFor("the others lead everything", func() error {
		for _, h := range full.Hosted() {
			if leader := h.Replica.Leader(); leader == "" || leader == full.log.ServerID() {
				return fmt.Errorf("partition %d is led by %q", h.ID, leader)
			}
		}
		_, err := full.Router().Submit(t.Context(), 1, record.NewCommand(-1, record.DeploymentCreate, &record.Deployment{
			Resources: []record.DeploymentResource{{ResourceName: "work.bpmn", Resource: []byte(testModel)}}, DeploymentKey: -1, TenantID: record.DefaultTenant,
		}))
		return err
	})
	for _, id := range []int32{1, 2} {
		for _, h := range w.node(id).Hosted() {
			if to, better := w.node(id).better(h); better && to == full.log.ServerID() {
				t.Errorf("node %d would hand partition %d to the full disk", id, h.ID)
			}
		}
	}
	for partition := int32(1); partition <= 3; partition++ {
		w.waitFor("an instance is made", func() error {
			_, err := create(t.Context(), full, partition)
			return err
		})
	}
}
