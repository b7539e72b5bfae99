package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/history"
	"github.com/payhub/payhub/test/chaos/work"
)

// TestF27Overload sends more payments than the cluster can begin. What is taken is answered in time, the rest is refused fast, and
// afterwards everything is as before.
func TestF27Overload(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{rates: &work.Rates{Payments: 5, Timers: 2, Messages: 2}})
	a.calm(2 * time.Second)
	during := 10 * time.Second
	if long() {
		during = time.Minute
	}
	var flood flood
	a.harm("many more payments than can be done", func() error {
		flood.run(a, 200, during)
		return nil
	})
	ended := time.Now()
	eventually(t, 20*time.Second, "a payment is acknowledged within 1 s again", func() bool {
		began := time.Now()
		a.load.PayAlso(a.dice, fmt.Sprintf("after-%d", began.UnixNano()), history.Order{Cents: 1})
		return time.Since(began) < time.Second
	})
	back := time.Since(ended)
	flood.payOwed(a)
	a.note = flood.String() + fmt.Sprintf("; as before after %s", back.Round(10*time.Millisecond))
	a.settle("F27 overload")
	if p99 := quantile(flood.taken, 0.99); p99 > time.Second {
		t.Errorf("what was taken was acknowledged after %s (p99)", p99)
	}
	if back > 10*time.Second {
		t.Errorf("as before only after %s", back)
	}
}

// flood is many clients that wait for nothing but their answer.
type flood struct {
	mu             sync.Mutex
	taken, refused []time.Duration
	lost           int
	owed           []string // keys that were not acknowledged
}

func (f *flood) run(a *arena, clients int, during time.Duration) {
	end := time.Now().Add(during)
	var all sync.WaitGroup
	for c := range clients {
		dice := rand.New(rand.NewPCG(uint64(c), 27))
		all.Go(func() {
			for n := 0; time.Now().Before(end) && a.ctx.Err() == nil; n++ {
				f.once(a, dice, fmt.Sprintf("flood-%d-%d", c, n))
			}
		})
	}
	all.Wait()
}

// once sends one payment once. It is followed to its end if it was taken, and owed if it was not.
func (f *flood) once(a *arena, dice *rand.Rand, key string) {
	began := time.Now()
	status := a.load.PayOnce(a.doors.All[dice.IntN(len(a.doors.All))], key, history.Order{Cents: 1})
	took := time.Since(began)
	f.mu.Lock()
	defer f.mu.Unlock()
	if status == http.StatusOK {
		f.taken = append(f.taken, took)
		return
	}
	f.owed = append(f.owed, key)
	if status == 0 {
		f.lost++
	} else {
		f.refused = append(f.refused, took)
	}
}

// payOwed sends what was refused or lost again, as its callers would, until it is acknowledged.
func (f *flood) payOwed(a *arena) {
	var all sync.WaitGroup
	for share := range slices.Chunk(f.owed, len(f.owed)/16+1) {
		dice := rand.New(rand.NewPCG(uint64(len(share)), 28))
		all.Go(func() {
			for _, key := range share {
				a.load.PayAlso(dice, key, history.Order{Cents: 1})
			}
		})
	}
	all.Wait()
}

// String says what became of the requests.
func (f *flood) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.taken)
	return fmt.Sprintf("taken %d (p99 %s), refused %d (p99 %s), lost %d", len(f.taken), quantile(f.taken, 0.99), len(f.refused), quantile(f.refused, 0.99), f.lost)
}
