package chaos

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/history"
)

// TestF21SamePayment sends the same payment fifty times at once to three nodes: one instance, one debit, one credit, and equal
// answers. The judge finds anything else.
func TestF21SamePayment(t *testing.T) {
	a := enter(t, form{})
	a.calm(2 * time.Second)
	for i := range rounds(t, 5, 100) {
		a.harm("the same payment, fifty times at once", func() error {
			a.fifty(fmt.Sprintf("same-%d", i), nil)
			return nil
		})
	}
	a.note = "50 requests each"
	a.settle("F21 same payment")
}

// fifty sends a payment fifty times at once; meanwhile, if given, something happens.
func (a *arena) fifty(key string, meanwhile func()) {
	var all sync.WaitGroup
	order := history.Order{Cents: 1 + a.dice.Int64N(999)}
	for range 50 {
		dice := rand.New(rand.NewPCG(a.dice.Uint64(), 0))
		all.Go(func() { a.load.PayAlso(dice, key, order) })
	}
	if meanwhile != nil {
		meanwhile()
	}
	all.Wait()
}
