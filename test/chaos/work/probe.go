package work

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// Probe writes to every partition all the time, and notes when writes were committed, so that it is seen how long there were
// none. A write is a message that nobody waits for and that is not kept; its correlation key decides the partition. It is sent
// through each node's gateway in turn, so that what is measured is the cluster and not one way into it.
type Probe struct {
	doors   *Doors
	keys    []string // of partition i+1
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	commits [][]time.Time // per partition, as they were answered
	refused int
}

// underWay bounds the probe's writes that wait for an answer, per partition.
const underWay = 256

// probeWithin is how long a write of the probe may take; a longer one says nothing.
const probeWithin = 3 * time.Second

// Watch starts a probe that writes at every interval.
func (d *Doors) Watch(ctx context.Context, partitions int, interval time.Duration) *Probe {
	ctx, cancel := context.WithCancel(ctx)
	p := &Probe{doors: d, cancel: cancel, commits: make([][]time.Time, partitions)}
	for id := 1; id <= partitions; id++ {
		p.keys = append(p.keys, keyOf(id, partitions))
	}
	for id := 1; id <= partitions; id++ {
		p.running.Go(func() { p.write(ctx, id-1, interval) })
	}
	return p
}

// keyOf finds a correlation key of a partition.
func keyOf(partition, partitions int) string {
	for n := 0; ; n++ {
		if key := fmt.Sprintf("probe-%d", n); partitionOf(key, partitions) == partition {
			return key
		}
	}
}

// partitionOf is the partition of a correlation key, as every Zeebe gateway says it: Java's hash of the key's bytes, its
// remainder without the sign, counted from 1.
func partitionOf(key string, partitions int) int {
	var hash int32
	for _, b := range []byte(key) {
		hash = 31*hash + int32(int8(b))
	}
	rest := hash % int32(partitions)
	return int(max(rest, -rest)) + 1
}

// write writes to one partition until the context ends.
func (p *Probe) write(ctx context.Context, partition int, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	slots := make(chan struct{}, underWay)
	request := &gatewaypb.PublishMessageRequest{Name: "chaos-probe", CorrelationKey: p.keys[partition]}
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		door := p.doors.All[n%len(p.doors.All)]
		select {
		case slots <- struct{}{}:
		default:
			continue // everything hangs: one more would learn nothing
		}
		if door.shut.Load() {
			<-slots
			continue
		}
		p.running.Go(func() {
			defer func() { <-slots }()
			asked, cancel := context.WithTimeout(ctx, probeWithin)
			defer cancel()
			_, err := door.Client.Gateway().PublishMessage(asked, request)
			p.mu.Lock()
			defer p.mu.Unlock()
			if err != nil {
				p.refused++
				return
			}
			p.commits[partition] = append(p.commits[partition], time.Now())
		})
	}
}

// Stop ends the probe.
func (p *Probe) Stop() {
	p.cancel()
	p.running.Wait()
}

// Commits is how many writes were committed, Refused how many were not.
func (p *Probe) Commits() (commits, refused int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.commits {
		commits += len(c)
	}
	return commits, p.refused
}

// Gap is the longest time without a committed write at any one partition between from and to.
func (p *Probe) Gap(from, to time.Time) (longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, commits := range p.commits {
		longest = max(longest, gapOf(commits, from, to))
	}
	return longest
}

// gapOf is the longest part of a span in which there is none of the times, which are in order.
func gapOf(times []time.Time, from, to time.Time) (longest time.Duration) {
	first, _ := slices.BinarySearchFunc(times, from, time.Time.Compare)
	before := from
	for _, at := range times[first:] {
		if at.After(to) {
			break
		}
		longest = max(longest, at.Sub(before))
		before = at
	}
	return max(longest, to.Sub(before))
}

// CommittedSince tells whether every partition had a write committed since then.
func (p *Probe) CommittedSince(then time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(p.commits, func(commits []time.Time) bool {
		return len(commits) == 0 || commits[len(commits)-1].Before(then)
	})
}
