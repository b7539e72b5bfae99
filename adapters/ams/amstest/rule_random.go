package amstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// ruleRandom runs random operations under few references, so that repeats, conflicts and races for one hold are common, with
// restarts and freezes between them, beside the twin. After each step the outcome
// and the balances must agree, at the end the status of every reference.
func ruleRandom(c *Case) {
	can := c.sys().Capabilities()
	c.needs(can.Fences && can.PartialBook && can.Reverse && can.ReplaysDuplicates && can.StatusByReference,
		"Fences, PartialBook, Reverse, ReplaysDuplicates and StatusByReference, which the twin has")
	rapid.Check(c.Reporter, func(t *rapid.T) {
		one := newCase(t, c.factory)
		defer one.close()
		w := &twin{
			standing: map[ams.Account]ams.Standing{"alice": ams.StandingOpen, "bob": ams.StandingOpen},
			opening:  map[ams.Account]int64{"alice": 10, "bob": 0},
		}
		one.account("alice", 10)
		one.account("bob", 0)
		for range rapid.IntRange(10, 60).Draw(t, "steps") {
			randomStep(t, one, w)
			one.sameBalances(w)
		}
		one.sameStates(w)
		one.conserved("alice", "bob")
	})
}

var (
	references = makeReferences(20)
	accounts   = []ams.Account{"alice", "bob"}
)

func makeReferences(n int) []ams.Reference {
	made := make([]ams.Reference, n)
	for i := range made {
		made[i] = ams.Reference(fmt.Sprintf("r%d", i))
	}
	return made
}

func randomStep(t *rapid.T, c *Case, w *twin) {
	switch rapid.IntRange(0, 19).Draw(t, "kind of step") {
	case 0:
		if err := c.subject.Restart(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			c.Fatalf("restart: %v", err)
		}
	case 1:
		account := rapid.SampledFrom(accounts).Draw(t, "account")
		w.standing[account] = rapid.SampledFrom([]ams.Standing{ams.StandingOpen, ams.StandingFrozen}).Draw(t, "standing")
		c.standing(account, w.standing[account])
	case 2:
		if err := c.subject.Advance(time.Hour); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			c.Fatalf("advance: %v", err)
		}
	default:
		a := randomAsk(t, w)
		outcome, want := c.put(a), ams.KindRejected
		if w.carry(a) {
			want = ams.KindDone
		}
		if outcome.Kind() != want {
			c.Fatalf("%+v: got %s, the twin says %s", a, outcome, want)
		}
	}
}

// randomAsk repeats an earlier question now and then, and aims at references that mean something more often than not.
func randomAsk(t *rapid.T, w *twin) ask {
	if len(w.asked) > 0 && rapid.IntRange(0, 3).Draw(t, "repeat") == 0 {
		return rapid.SampledFrom(w.asked).Draw(t, "earlier")
	}
	a := ask{
		operation: rapid.SampledFrom([]ams.Operation{
			ams.OperationHold, ams.OperationHold, ams.OperationCredit, ams.OperationBook, ams.OperationBook, ams.OperationRelease, ams.OperationReverse,
		}).Draw(t, "operation"),
		reference: rapid.SampledFrom(references).Draw(t, "reference"),
	}
	switch a.operation {
	case ams.OperationHold, ams.OperationCredit:
		a.account = rapid.SampledFrom([]ams.Account{"alice", "alice", "alice", "bob", "bob", "nobody"}).Draw(t, "account")
	default:
		a.target = rapid.SampledFrom(w.targets(a.operation)).Draw(t, "target")
	}
	if a.operation != ams.OperationRelease && a.operation != ams.OperationReverse {
		a.amount = rapid.Int64Range(1, 4).Draw(t, "amount")
		a.euro = rapid.IntRange(0, 9).Draw(t, "in euro") == 0
	}
	w.asked = append(w.asked, a)
	return a
}

// targets are all references, and those again that the operation is made for.
func (w *twin) targets(operation ams.Operation) []ams.Reference {
	all := slices.Clone(references)
	for range 4 {
		for _, e := range w.history {
			if e.done && !e.fence && (e.operation == ams.OperationHold) == (operation != ams.OperationReverse) {
				all = append(all, e.reference)
			}
		}
	}
	return all
}

// put asks the system what the twin is asked.
func (c *Case) put(a ask) ams.Outcome[ams.Receipt] {
	amount := usd(a.amount)
	if a.euro {
		amount = money.Amount{Minor: a.amount, Currency: "EUR"}
	}
	switch a.operation {
	case ams.OperationHold:
		// An expiry of any time at all: the time a hold may expire changes nothing about it.
		return c.sys().Hold(c.ctx, ams.HoldRequest{Reference: a.reference, Account: a.account, Amount: amount, Expires: time.Unix(1, 0)})
	case ams.OperationCredit:
		return c.sys().Credit(c.ctx, ams.CreditRequest{Reference: a.reference, Account: a.account, Amount: amount})
	case ams.OperationBook:
		return c.sys().Book(c.ctx, ams.BookRequest{Reference: a.reference, Hold: a.target, Amount: amount})
	case ams.OperationRelease:
		return c.sys().Release(c.ctx, ams.ReleaseRequest{Reference: a.reference, Hold: a.target})
	default:
		return c.sys().Reverse(c.ctx, ams.ReverseRequest{Reference: a.reference, Original: a.target})
	}
}

func (c *Case) sameBalances(w *twin) {
	for _, account := range accounts {
		ledger, held := w.balance(account)
		c.balance(account, ledger, held)
	}
}

func (c *Case) sameStates(w *twin) {
	for _, reference := range references {
		c.state(reference, w.state(reference))
	}
}
