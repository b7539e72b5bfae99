package amstest

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
)

// repeat asks for the same thing three times: one receipt, one effect.
func (c *Case) repeat(ask func() ams.Outcome[ams.Receipt], account ams.Account, ledger, held int64) {
	c.Helper()
	c.needs(c.sys().Capabilities().ReplaysDuplicates, "ReplaysDuplicates")
	first := done(c, ask())
	c.balance(account, ledger, held)
	for range 2 {
		if again := done(c, ask()); again != first {
			c.Fatalf("the answer was %+v, to a repeat %+v", first, again)
		}
		c.balance(account, ledger, held)
	}
}

func ruleRepeatHold(c *Case) {
	c.account("alice", 500)
	c.repeat(func() ams.Outcome[ams.Receipt] { return c.hold("t", "alice", 200) }, "alice", 500, 200)
}

func ruleRepeatBook(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	c.repeat(func() ams.Outcome[ams.Receipt] { return c.book("t", 200) }, "alice", 300, 0)
}

func ruleRepeatRelease(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("other", "alice", 100))
	done(c, c.hold("t", "alice", 200))
	c.repeat(func() ams.Outcome[ams.Receipt] { return c.release("t") }, "alice", 500, 100)
}

func ruleRepeatCredit(c *Case) {
	c.account("bob", 0)
	c.repeat(func() ams.Outcome[ams.Receipt] { return c.credit("t", "bob", 200) }, "bob", 200, 0)
}

func ruleRepeatReverse(c *Case) {
	c.needs(c.sys().Capabilities().Reverse, "Reverse")
	c.account("bob", 500)
	done(c, c.credit("t", "bob", 200))
	c.repeat(func() ams.Outcome[ams.Receipt] { return c.reverse("t", creditOf("t")) }, "bob", 500, 0)
}

// ruleRefusalStays: two workers that ask under one reference must never get a no and a yes, or one ends the payment while the
// other's money moves.
func ruleRefusalStays(c *Case) {
	c.needs(c.sys().Capabilities().ReplaysDuplicates, "ReplaysDuplicates")
	c.account("alice", 100)
	rejected(c, c.hold("t", "alice", 200), ams.CodeInsufficientFunds)
	done(c, c.credit("top up", "alice", 900))
	rejected(c, c.hold("t", "alice", 200), ams.CodeInsufficientFunds)
	done(c, c.hold("new", "alice", 200))
	c.balance("alice", 1000, 200)
}

func ruleConflict(c *Case) {
	c.account("alice", 500)
	c.account("bob", 500)
	done(c, c.hold("t", "alice", 100))
	done(c, c.hold("u", "alice", 50))
	done(c, c.credit("t", "alice", 10))
	conflict := func(outcome ams.Outcome[ams.Receipt]) {
		c.Helper()
		rejected(c, outcome, ams.CodeReferenceConflict)
		c.balance("alice", 510, 150)
		c.balance("bob", 500, 0)
	}
	conflict(c.hold("t", "alice", 101))
	conflict(c.hold("t", "bob", 100))
	conflict(c.credit("t", "bob", 10))
	conflict(c.credit("t", "alice", 11))
	conflict(c.sys().Credit(c.ctx, ams.CreditRequest{Reference: holdOf("t"), Account: "alice", Amount: usd(100)}))
	conflict(c.sys().Book(c.ctx, ams.BookRequest{Reference: holdOf("t"), Hold: holdOf("u"), Amount: usd(50)}))
	conflict(c.sys().Release(c.ctx, ams.ReleaseRequest{Reference: creditOf("t"), Hold: holdOf("u")}))
	done(c, c.book("t", 100))
	rejected(c, c.book("t", 99), ams.CodeReferenceConflict)
	rejected(c, c.sys().Book(c.ctx, ams.BookRequest{Reference: bookOf("t"), Hold: holdOf("u"), Amount: usd(100)}), ams.CodeReferenceConflict)
	c.balance("alice", 410, 50)
}

func ruleFenceHold(c *Case) {
	c.needs(c.sys().Capabilities().Fences, "Fences")
	c.account("alice", 500)
	if receipt := done(c, c.release("t")); receipt.Amount.Minor != 0 {
		c.Fatalf("the release of a hold that never came gave back %s", receipt.Amount)
	}
	c.state(holdOf("t"), ams.StateReleased)
	rejected(c, c.hold("t", "alice", 200), ams.CodeHoldReleased)
	rejected(c, c.book("t", 200), ams.CodeHoldReleased)
	done(c, c.release("t"))
	c.balance("alice", 500, 0)
}

func ruleFenceCredit(c *Case) {
	c.needs(c.sys().Capabilities().Fences && c.sys().Capabilities().Reverse, "Fences and Reverse")
	c.account("bob", 0)
	if receipt := done(c, c.reverse("t", creditOf("t"))); receipt.Amount.Minor != 0 {
		c.Fatalf("the reversal of a credit that never came undid %s", receipt.Amount)
	}
	c.state(creditOf("t"), ams.StateReversed)
	rejected(c, c.credit("t", "bob", 200), ams.CodeAlreadyReversed)
	done(c, c.reverse("t", creditOf("t")))
	c.balance("bob", 0, 0)
}

func ruleStatus(c *Case) {
	c.needs(c.sys().Capabilities().StatusByReference, "StatusByReference")
	c.account("alice", 500)
	c.state(holdOf("t"), ams.StateNone)
	hold := done(c, c.hold("t", "alice", 200))
	if got := c.state(holdOf("t"), ams.StateHeld); got.Receipt != hold || got.Operation != ams.OperationHold {
		c.Fatalf("the hold's receipt was %+v, its status says %+v", hold, got)
	}
	c.state(bookOf("t"), ams.StateNone)
	book := done(c, c.book("t", 200))
	if got := c.state(bookOf("t"), ams.StateBooked); got.Receipt != book || got.Operation != ams.OperationBook {
		c.Fatalf("the booking's receipt was %+v, its status says %+v", book, got)
	}
	if got := c.state(holdOf("t"), ams.StateBooked); got.By != bookOf("t") || got.Booked != usd(200) {
		c.Fatalf("the status of the booked hold is %+v", got)
	}
	done(c, c.hold("u", "alice", 10))
	done(c, c.release("u"))
	c.state(releaseOf("u"), ams.StateReleased)
	if got := c.state(holdOf("u"), ams.StateReleased); got.By != releaseOf("u") {
		c.Fatalf("the status of the released hold is %+v", got)
	}
	done(c, c.credit("t", "alice", 70))
	c.state(creditOf("t"), ams.StateBooked)
	rejected(c, c.hold("over", "alice", 9999), ams.CodeInsufficientFunds)
	if got := c.state(holdOf("over"), ams.StateRejected); got.Rejection.Code != ams.CodeInsufficientFunds {
		c.Fatalf("the status of the refused hold is %+v", got)
	}
	if !c.sys().Capabilities().Reverse {
		return
	}
	done(c, c.reverse("t", creditOf("t")))
	c.state(reverseOf("t"), ams.StateReversed)
	if got := c.state(creditOf("t"), ams.StateReversed); got.By != reverseOf("t") {
		c.Fatalf("the status of the reversed credit is %+v", got)
	}
}

// ruleLostAnswer carries an operation out, throws its answer away and then does what the contract says: ask for the status, repeat.
func ruleLostAnswer(c *Case) {
	c.needs(c.sys().Capabilities().StatusByReference && c.sys().Capabilities().ReplaysDuplicates, "StatusByReference and ReplaysDuplicates")
	c.account("alice", 500)
	lost := func(reference ams.Reference, want ams.State, ask func() ams.Outcome[ams.Receipt], ledger, held int64) {
		c.Helper()
		ask()
		if got := c.state(reference, want); got.Receipt != done(c, ask()) {
			c.Fatalf("the status of %s has the receipt %+v, a repeat another", reference, got.Receipt)
		}
		c.balance("alice", ledger, held)
	}
	lost(holdOf("t"), ams.StateHeld, func() ams.Outcome[ams.Receipt] { return c.hold("t", "alice", 200) }, 500, 200)
	lost(bookOf("t"), ams.StateBooked, func() ams.Outcome[ams.Receipt] { return c.book("t", 200) }, 300, 0)
	lost(creditOf("t"), ams.StateBooked, func() ams.Outcome[ams.Receipt] { return c.credit("t", "alice", 50) }, 350, 0)
	lost(holdOf("u"), ams.StateHeld, func() ams.Outcome[ams.Receipt] { return c.hold("u", "alice", 100) }, 350, 100)
	lost(releaseOf("u"), ams.StateReleased, func() ams.Outcome[ams.Receipt] { return c.release("u") }, 350, 0)
	if c.sys().Capabilities().Reverse {
		lost(reverseOf("t"), ams.StateReversed, func() ams.Outcome[ams.Receipt] { return c.reverse("t", bookOf("t")) }, 550, 0)
	}
}

// ruleGivingUp ends the caller's context before, at a random moment during, or after a credit. Whatever is answered must be true.
func ruleGivingUp(c *Case) {
	c.needs(c.sys().Capabilities().StatusByReference, "StatusByReference")
	c.account("bob", 0)
	expected := int64(0)
	for i := range 21 {
		reference := creditOf("t" + string(rune('a'+i)))
		ctx, giveUp := context.WithCancel(c.ctx)
		switch i % 3 {
		case 0:
			giveUp()
		case 1:
			go giveUp()
		}
		outcome := c.sys().Credit(ctx, ams.CreditRequest{Reference: reference, Account: "bob", Amount: usd(1)})
		giveUp()
		status := done(c, c.sys().Status(c.ctx, reference))
		switch outcome.Kind() {
		case ams.KindDone:
			if status.State != ams.StateBooked {
				c.Fatalf("a credit was answered Done, its status is %s", status.State)
			}
		case ams.KindNotSent:
			if status.State != ams.StateNone {
				c.Fatalf("a credit was answered NotSent, its status is %s", status.State)
			}
		case ams.KindRejected:
			c.Fatalf("a credit whose caller gave up was answered %s", outcome)
		}
		done(c, c.sys().Credit(c.ctx, ams.CreditRequest{Reference: reference, Account: "bob", Amount: usd(1)}))
		expected++
		c.balance("bob", expected, 0)
	}
}

func ruleRestart(c *Case) {
	c.account("alice", 500)
	c.account("bob", 0)
	held := done(c, c.hold("kept", "alice", 50))
	done(c, c.hold("t", "alice", 200))
	booked := done(c, c.book("t", 200))
	credited := done(c, c.credit("t", "bob", 200))
	done(c, c.hold("u", "alice", 100))
	done(c, c.release("u"))
	rejected(c, c.hold("over", "alice", 400), ams.CodeInsufficientFunds)
	c.restart()
	c.balance("alice", 300, 50)
	c.balance("bob", 200, 0)
	for _, known := range []struct {
		reference ams.Reference
		state     ams.State
	}{{holdOf("kept"), ams.StateHeld}, {bookOf("t"), ams.StateBooked}, {creditOf("t"), ams.StateBooked}, {holdOf("u"), ams.StateReleased}} {
		c.state(known.reference, known.state)
	}
	for _, again := range []struct{ before, after ams.Receipt }{
		{held, done(c, c.hold("kept", "alice", 50))},
		{booked, done(c, c.book("t", 200))},
		{credited, done(c, c.credit("t", "bob", 200))},
	} {
		if again.before != again.after {
			c.Fatalf("before the restart the receipt was %+v, after it %+v", again.before, again.after)
		}
	}
	rejected(c, c.hold("over", "alice", 400), ams.CodeInsufficientFunds)
	c.balance("alice", 300, 50)
	c.balance("bob", 200, 0)
}
