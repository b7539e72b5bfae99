package sdk

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is a growing pause: Min, then Factor times the one before, at most Max. Each pause is drawn between half
// and all of that, so that many workers do not come back at the same moment.
type Backoff struct {
	Min, Max time.Duration
	Factor   float64
}

// After is the pause after the n-th failure in a row, counted from 1.
func (b Backoff) After(n int) time.Duration {
	d := float64(b.Min)
	for i := 1; i < n && d < float64(b.Max); i++ {
		d *= max(b.Factor, 1)
	}
	d = min(d, float64(b.Max))
	return time.Duration(d/2 + rand.Float64()*d/2)
}

// sleep waits, or says that the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
