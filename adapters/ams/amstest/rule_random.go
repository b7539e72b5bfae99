package amstest

import (
	"errors"
	"time"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// ruleRandom runs random operations under few references, so that repeats, conflicts and races for one hold are common, with
// restarts and freezes between them, beside the twin. After each step outcome and books must agree.
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
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			randomStep(t, one, w)
			agree(one, w)
		}
		one.conserved("alice", "bob")
	})
}

var (
	references = []ams.Reference{"r0", "r1", "r2", "r3", "r4", "r5"}
	accounts   = []ams.Account{"alice", "bob"}
)

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
		a := randomAsk(t)
		outcome, want := c.put(a), ams.KindRejected
		if w.carry(a) {
			want = ams.KindDone
		}
		if outcome.Kind() != want {
			c.Fatalf("%+v: got %s, the twin says %s", a, outcome, want)
		}
	}
}

func randomAsk(t *rapid.T) ask {
	a := ask{
		operation: rapid.SampledFrom([]ams.Operation{
			ams.OperationHold, ams.OperationHold, ams.OperationCredit, ams.OperationBook, ams.OperationBook, ams.OperationRelease, ams.OperationReverse,
		}).Draw(t, "operation"),
		reference: rapid.SampledFrom(references).Draw(t, "reference"),
	}
	switch a.operation {
	case ams.OperationHold, ams.OperationCredit:
		a.account = rapid.SampledFrom(append(accounts, "nobody")).Draw(t, "account")
	default:
		a.target = rapid.SampledFrom(references).Draw(t, "target")
	}
	if a.operation != ams.OperationRelease && a.operation != ams.OperationReverse {
		a.amount = rapid.Int64Range(1, 6).Draw(t, "amount")
		a.euro = rapid.IntRange(0, 9).Draw(t, "in euro") == 0
	}
	return a
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

func agree(c *Case, w *twin) {
	for _, account := range accounts {
		ledger, held := w.balance(account)
		c.balance(account, ledger, held)
	}
	for _, reference := range references {
		c.state(reference, w.state(reference))
	}
}
