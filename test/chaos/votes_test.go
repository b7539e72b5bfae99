package chaos

import (
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// votes waits until a node counts: another one can be stopped for as long as it takes to see that writes go on, which with three
// nodes they do only if this one votes.
func (a *arena) votes(n *fleet.Node) {
	a.Helper()
	a.overcome()
	other := a.others(n)[0]
	for end := time.Now().Add(60 * time.Second); ; {
		a.must(other.Freeze())
		counts := a.goesOn(3 * time.Second)
		a.must(other.Thaw())
		if counts {
			return
		}
		if time.Now().After(end) {
			a.Fatalf("node %d does not vote within 60 s\n%s", n.ID, n.LastWords())
		}
		a.calm(500 * time.Millisecond)
	}
}

// goesOn tells whether every partition has writes committed within a time, from about now on.
func (a *arena) goesOn(within time.Duration) bool {
	from := time.Now()
	for time.Since(from) < within {
		a.calm(50 * time.Millisecond)
		if now := time.Now(); now.Sub(from) > 300*time.Millisecond && a.probe.CommittedSince(from.Add(200*time.Millisecond)) {
			return true
		}
	}
	return false
}
