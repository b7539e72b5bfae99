package gossip

import (
	"bytes"
	"crypto/sha256"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// Five nodes on a machine whose every processor is busy twice over keep seeing each other.
func TestABusyMachineDoesNotFlap(t *testing.T) {
	if raceDetector {
		t.Skip("times are not measured under the race detector")
	}
	nodes := cluster(t, 5, nil)
	changes := make([]int, len(nodes))
	count := func(i int) int {
		nodes[i].mu.Lock()
		defer nodes[i].mu.Unlock()
		return nodes[i].changes
	}
	time.Sleep(100 * time.Millisecond)
	for i := range nodes {
		changes[i] = count(i)
	}
	var stop atomic.Bool
	done := make(chan struct{})
	burners := 2 * runtime.GOMAXPROCS(0)
	for range burners {
		go func() {
			sum := sha256.Sum256(nil)
			for !stop.Load() {
				sum = sha256.Sum256(bytes.Repeat(sum[:], 128)) // work for a processor and for the collector
			}
			done <- struct{}{}
		}()
	}
	version := uint64(0)
	var worst time.Duration
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
		version++
		begin := time.Now()
		nodes[version%5].Tell("leader/1", version, nil)
		for _, n := range nodes {
			eventually(t, 5*time.Second, "facts travel", func() bool { now, _ := n.Known("leader/1"); return now == version })
		}
		worst = max(worst, time.Since(begin))
		time.Sleep(100 * time.Millisecond)
	}
	stop.Store(true)
	for range burners {
		<-done
	}
	for i, n := range nodes {
		if got := n.ids(); got != everyone(5) || count(i) != changes[i] {
			t.Errorf("%s sees %s, its members have changed %d times", n.self.ServerID(), got, count(i)-changes[i])
		}
	}
	t.Logf("%d facts under load, the slowest known everywhere after %v", version, worst)
}
