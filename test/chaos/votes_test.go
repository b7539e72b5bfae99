package chaos

import (
	"net/http"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// votes waits until a node counts: the change that takes it in is over, and another one can be stopped for as long as it takes to see that writes go on, which with three
// nodes they do only if this one votes.
func (a *arena) votes(n *fleet.Node) {
	a.Helper()
	a.overcome()
	eventually(a.T, 60*time.Second, "no change of the cluster is pending", func() bool {
		var view clusterView
		_, err := a.manage(n, http.MethodGet, "/actuator/cluster", nil, &view)
		return err == nil && view.PendingChange == nil && a.goesOn(3*time.Second)
	})
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
		a.calm(3 * time.Second) // an election needs its time
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
