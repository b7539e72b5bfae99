package amstest

import (
	"fmt"
	"sync"

	"github.com/payhub/payhub/adapters/ams"
)

// crowd is how many ask at once.
const crowd = 16

// together runs ask n times at once and gives the outcomes in the order of their numbers.
func together(n int, ask func(i int) ams.Outcome[ams.Receipt]) []ams.Outcome[ams.Receipt] {
	outcomes := make([]ams.Outcome[ams.Receipt], n)
	start := make(chan struct{})
	var asking sync.WaitGroup
	for i := range n {
		asking.Go(func() {
			<-start
			outcomes[i] = ask(i)
		})
	}
	close(start)
	asking.Wait()
	return outcomes
}

func ruleSameReferenceAtOnce(c *Case) {
	c.account("alice", 5000)
	for _, step := range []struct {
		ask          func(int) ams.Outcome[ams.Receipt]
		ledger, held int64
	}{
		{func(int) ams.Outcome[ams.Receipt] { return c.hold("t", "alice", 200) }, 5000, 200},
		{func(int) ams.Outcome[ams.Receipt] { return c.book("t", 200) }, 4800, 0},
		{func(int) ams.Outcome[ams.Receipt] { return c.credit("t", "alice", 30) }, 4830, 0},
	} {
		outcomes := together(crowd, step.ask)
		first := done(c, outcomes[0])
		for _, outcome := range outcomes {
			if got := done(c, outcome); got != first {
				c.Fatalf("one caller got %+v, another %+v", first, got)
			}
		}
		c.balance("alice", step.ledger, step.held)
	}
}

func ruleHoldsAtOnce(c *Case) {
	c.account("alice", 500)
	outcomes := together(crowd, func(i int) ams.Outcome[ams.Receipt] { return c.hold(fmt.Sprint(i), "alice", 100) })
	held := 0
	for _, outcome := range outcomes {
		if outcome.Kind() == ams.KindDone {
			held++
			continue
		}
		rejected(c, outcome, ams.CodeInsufficientFunds)
	}
	if held != 5 {
		c.Fatalf("of 5.00, %d holds of 1.00 were given", held)
	}
	c.balance("alice", 500, 500)
}

func ruleBookOrRelease(c *Case) {
	c.account("alice", 1000)
	ledger := int64(1000)
	for i := range crowd / 2 {
		transfer := fmt.Sprint(i)
		done(c, c.hold(transfer, "alice", 100))
		outcomes := together(2, func(which int) ams.Outcome[ams.Receipt] {
			if which == 0 {
				return c.book(transfer, 100)
			}
			return c.release(transfer)
		})
		if outcomes[0].Kind() == ams.KindDone {
			rejected(c, outcomes[1], ams.CodeHoldBooked)
			ledger -= 100
		} else {
			rejected(c, outcomes[0], ams.CodeHoldReleased)
			done(c, outcomes[1])
		}
		c.balance("alice", ledger, 0)
	}
}
