package raftlog

import (
	"slices"
	"time"
)

// latency measures how long writes with their fsync take. The log's lock is held.
type latency struct {
	begun time.Time // the write under way; zero: none
	since time.Time // of the window
	sum   time.Duration
	count int
	last  time.Duration // mean of the window before
	ended time.Time
}

// latencyWindow is the time over which writes are averaged.
const latencyWindow = time.Second

func (l *latency) begin(now time.Time) { l.begun = now }

func (l *latency) end(now time.Time) {
	if now.Sub(l.since) >= latencyWindow {
		l.roll(now)
	}
	l.sum, l.count = l.sum+now.Sub(l.begun), l.count+1
	l.begun = time.Time{}
}

func (l *latency) roll(now time.Time) {
	l.last, l.ended = 0, now
	if l.count > 0 {
		l.last = l.sum / time.Duration(l.count)
	}
	l.since, l.sum, l.count = now, 0, 0
}

// mean is the latency of late.
func (l *latency) mean(now time.Time) time.Duration {
	mean := l.last
	if now.Sub(l.ended) > 2*latencyWindow { // nothing was written for a while
		mean = 0
	}
	if l.count > 0 {
		mean = max(mean, l.sum/time.Duration(l.count))
	}
	if !l.begun.IsZero() {
		mean = max(mean, now.Sub(l.begun)) // a write that does not end counts already
	}
	return mean
}

// SyncLatency is how long a write to the log with its fsync took lately, on average of a second or
// so; one that is under way counts as soon as it takes longer. 0 while nothing is written.
func (l *Log) SyncLatency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latency.mean(time.Now())
}

// A disk is slow when its writes take this much longer than those of the others' median, and this
// long; a leader's must be for this time without a break.
const (
	slowFactor  = 8
	slowLatency = 20 * time.Millisecond
	slowTime    = 3 * time.Second
)

// SlowDisk tells whether a disk is far slower than others, by Log.SyncLatency of their nodes. Without
// others to compare with it never is.
func SlowDisk(own time.Duration, others []time.Duration) bool {
	sorted := slices.Sorted(slices.Values(others))
	return len(sorted) > 0 && own >= slowLatency && own >= slowFactor*sorted[len(sorted)/2]
}

// DiskWatch decides when a leader should hand leadership over because its disk is slow, by comparing
// Log.SyncLatency of all nodes. It is asked about once a second.
type DiskWatch struct{ since time.Time }

// Slow tells whether the own disk has been far slower than the others' for 3 s. After it has said so
// it begins anew.
func (w *DiskWatch) Slow(own time.Duration, others []time.Duration, now time.Time) bool {
	if !SlowDisk(own, others) {
		w.since = time.Time{}
		return false
	}
	if w.since.IsZero() {
		w.since = now
	}
	if now.Sub(w.since) < slowTime {
		return false
	}
	w.since = time.Time{}
	return true
}
