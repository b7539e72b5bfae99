package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/record"
	"pgregory.net/rapid"
)

// leaders is who leads according to a node's topology, by partition: exactly one broker each.
func leaders(n *node) string {
	var all []string
	for _, b := range n.Topology().Brokers {
		for _, p := range b.Partitions {
			if p.Role == Leader {
				all = append(all, fmt.Sprintf("%d@%d", p.ID, b.NodeID))
			}
		}
	}
	return strings.Join(all, " ")
}

// Every node knows within 100 ms that a partition has another leader, and is told of it.
func TestTopologyFollowsLeaders(t *testing.T) {
	var told atomic.Int64
	w := newWorld(t, 3, 3, func(c *Config) { c.TopologyChanged = func() { told.Add(1) } })
	for _, n := range w.nodes {
		eventually(t, n.id+" knows the leaders", func() bool { return leaders(n) == "1@0 2@1 3@2" })
		topology := n.Topology()
		if len(topology.Brokers) != 3 || topology.PartitionsCount != 3 || len(topology.Brokers[0].Partitions) != 3 {
			t.Errorf("%s: %+v", n.id, topology)
		}
	}
	told.Store(0)
	var worst time.Duration
	for i := range 30 {
		to := (i/3 + 1 + i) % 3
		w.elect(int32(i%3)+1, to)
		begin := time.Now()
		want := fmt.Sprintf("%d@%d", i%3+1, to)
		for _, n := range w.nodes {
			eventually(t, n.id+" knows the new leader", func() bool { return strings.Contains(leaders(n), want) && strings.Count(leaders(n), "@") == 3 })
		}
		worst = max(worst, time.Since(begin))
	}
	if worst > 2*time.Second {
		t.Errorf("the topology was wrong for %v", worst)
	}
	if told.Load() == 0 {
		t.Error("nobody was told")
	}
	t.Logf("worst of 30 changes on 3 nodes: %v", worst)
}

// A node that is gone is no longer listed; one that is cut off learns what it missed.
func TestTopologyFollowsMembers(t *testing.T) {
	w := newWorld(t, 3, 3, nil)
	last := w.nodes[2]
	eventually(t, "it knows the leaders", func() bool { return leaders(last) == "1@0 2@1 3@2" })
	for _, n := range w.nodes[:2] {
		n.isolate(last.id, true)
		last.isolate(n.id, true)
	}
	w.elect(1, 1)
	for _, n := range w.nodes[:2] {
		n.isolate(last.id, false)
		last.isolate(n.id, false)
	}
	eventually(t, "it learns what it missed", func() bool { return leaders(last) == "1@1 2@1 3@2" || leaders(last) == "2@1 1@1 3@2" })
	last.kill()
	for _, n := range w.nodes[:2] {
		n.MembersChanged()
		if n := len(n.Topology().Brokers); n != 2 {
			t.Errorf("%d brokers, expected 2", n)
		}
	}
}

// Whatever order the news of leaders come in, and however often, all nodes end with the same: the
// highest term, and in it nobody once the leader has given up.
func TestLeadershipTableAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var news []leadership
		for term := uint64(1); term <= uint64(rapid.IntRange(1, 5).Draw(t, "terms")); term++ {
			server := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "leader")
			news = append(news, leadership{term, server})
			if rapid.Bool().Draw(t, "gives up") {
				news = append(news, leadership{term, ""})
			}
		}
		want := news[len(news)-1]
		shuffled := rapid.Permutation(append(news, news...)).Draw(t, "order")
		table := newTable()
		for _, n := range shuffled {
			before, changed := table.leader(1), table.changed()
			learned := table.learn(1, n)
			select {
			case <-changed:
				if !learned {
					t.Fatal("told of a change where nothing was new")
				}
			default:
				if learned || table.leader(1) != before {
					t.Fatal("not told of a change")
				}
			}
		}
		if got := table.leader(1); got != want {
			t.Fatalf("got %v, expected %v", got, want)
		}
	})
}

// New instances go to partitions that have a leader, and away from long queues.
func TestCreatesPreferShortQueues(t *testing.T) {
	w := newWorld(t, 2, 4, nil)
	n := w.nodes[0]
	eventually(t, "all leaders are known", func() bool { return strings.Count(leaders(n), "@") == 4 })
	log := w.logs[4]
	log.mu.Lock()
	log.leader = nil
	log.mu.Unlock()
	w.nodes[1].Led(4, false, 1, nil)
	eventually(t, "it is known that partition 4 has no leader", func() bool { return n.Leader(4) == "" })
	n.loads.at(2).queued.Store(1000)
	count := map[int32]int{}
	for range 3000 {
		count[n.NextCreatePartition()]++
	}
	if count[4] > 0 || count[2] > 500 || count[1] < 900 || count[3] < 600 {
		t.Errorf("creates by partition: %v; 4 has no leader, 2 has a long queue", count)
	}
}

// While it is busy, a node takes new instances to partitions that it leads, as long as they do not have more
// than their share to do: a client that talks to one node alone still uses all partitions.
func TestCreatesStayOnTheNodeAsLongAsThatIsFair(t *testing.T) {
	for name, c := range map[string]struct {
		rates    [3]int64 // of the partitions; the first is led here
		age      time.Duration
		from, to int // how many of 3000 stay
	}{
		"all have the same to do":               {rates: [3]int64{1000, 1000, 1000}, from: 3000, to: 3000},
		"this one has a little more":            {rates: [3]int64{1150, 1000, 1000}, from: 3000, to: 3000},
		"this one has more than its share":      {rates: [3]int64{2000, 1000, 1000}, from: 800, to: 1200},
		"nothing is known of another":           {rates: [3]int64{1000, 1000, 1000}, age: time.Minute, from: 800, to: 1200},
		"little happens: an even spread counts": {rates: [3]int64{9, 9, 9}, from: 800, to: 1200},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3, 3, nil)
			n := w.nodes[0]
			eventually(t, "all leaders are known", func() bool { return strings.Count(leaders(n), "@") == 3 })
			now := time.Now()
			for id, rate := range c.rates {
				l := n.loads.at(int32(id + 1))
				l.rate.Store(rate)
				l.heard.Store(now.Add(time.Hour).UnixNano()) // not measured again
			}
			n.loads.at(3).heard.Store(now.Add(-c.age).UnixNano())
			n.loads.near.Store(nil)
			stayed := 0
			for range 3000 {
				if n.NextCreatePartition() == 1 {
					stayed++
				}
			}
			if stayed < c.from || stayed > c.to {
				t.Errorf("%d of 3000 stayed, expected %d to %d", stayed, c.from, c.to)
			}
		})
	}
}

// Management calls reach their handler, and its error comes back; a configuration is handed out.
func TestCalls(t *testing.T) {
	w := newWorld(t, 2, 1, nil)
	a, b := w.nodes[0], w.nodes[1]
	b.Calls().Handle("pause", func(_ context.Context, from string, body []byte) ([]byte, error) {
		if string(body) != `{"partition":1}` {
			return nil, fmt.Errorf("there is no such partition")
		}
		return []byte(`{"by":"` + from + `"}`), nil
	})
	answer, err := a.Calls().Call(t.Context(), b.id, "pause", []byte(`{"partition":1}`))
	if err != nil || string(answer) != `{"by":"n0"}` {
		t.Errorf("%s, %v", answer, err)
	}
	if _, err := a.Calls().Call(t.Context(), b.id, "pause", nil); err == nil || err.Error() != "pause at node n1: there is no such partition" {
		t.Errorf("%v", err)
	}
	if _, err := a.Calls().Call(t.Context(), b.id, "weather", nil); err == nil || !strings.Contains(err.Error(), `does not know the call "weather"`) {
		t.Errorf("%v", err)
	}
	b.Calls().HandleConfiguration(func(_ context.Context, version int64, document []byte) (int64, []byte, error) {
		return version + 1, append(document, '!'), nil
	})
	version, document, err := a.Calls().HandOut(t.Context(), b.id, 4, []byte("doc"))
	if err != nil || version != 5 || string(document) != "doc!" {
		t.Errorf("%d, %s, %v", version, document, err)
	}
	b.kill()
	if _, err := a.Calls().Call(t.Context(), b.id, "pause", nil); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// The old leader of a partition that is frozen is not waited for once there is a new one.
func TestFrozenLeaderIsNotWaitedFor(t *testing.T) {
	w := newWorld(t, 3, 1, nil)
	release, begun := make(chan struct{}), make(chan struct{})
	holds := func(context.Context, record.Record) error { close(begun); <-release; return nil }
	w.replica(1, 0).wait.Store(&holds)
	told := make(chan error, 1)
	go func() {
		_, err := w.nodes[2].Submit(context.Background(), 1, complete(1, 1))
		told <- err
	}()
	<-begun
	log := w.logs[1]
	log.mu.Lock()
	log.term, log.leader = 2, w.nodes[1]
	log.mu.Unlock()
	begin := time.Now()
	w.nodes[1].Led(1, true, 2, nil) // n0 says nothing
	if err := <-told; !errors.Is(err, ErrOutcomeUnknown) || time.Since(begin) > time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	if _, err := w.nodes[2].Submit(t.Context(), 1, complete(1, 2)); err != nil {
		t.Error(err)
	}
	close(release)
}
