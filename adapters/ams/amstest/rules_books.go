package amstest

import (
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
)

func ruleStatement(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	done(c, c.book("t", 200))
	done(c, c.credit("c", "alice", 70))
	done(c, c.hold("u", "alice", 10))
	done(c, c.release("u"))
	type movement struct {
		reference ams.Reference
		amount    int64
		balance   int64
	}
	want := []movement{{bookOf("t"), -200, 300}, {creditOf("c"), 70, 370}}
	if c.sys().Capabilities().Reverse {
		done(c, c.reverse("t", bookOf("t")))
		want = append(want, movement{reverseOf("t"), 200, 570})
	}
	var got []movement
	var after int64
	for more := true; more; {
		page := done(c, c.sys().Statement(c.ctx, ams.StatementRequest{Account: "alice", After: after, Limit: 1}))
		if len(page.Lines) > 1 {
			c.Fatalf("a page of one line has %d", len(page.Lines))
		}
		for _, line := range page.Lines {
			if line.Sequence <= after || line.At.IsZero() || line.Amount.Currency != "USD" {
				c.Fatalf("line %+v comes after line %d", line, after)
			}
			after = line.Sequence
			got = append(got, movement{line.Reference, line.Amount.Minor, line.Balance.Minor})
		}
		more = page.More && len(page.Lines) > 0
	}
	if len(got) > 0 && got[0].amount == 500 {
		got = got[1:] // the opening balance may be a movement or not
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.Fatalf("the statement has %v, expected %v", got, want)
	}
	rejected(c, c.sys().Statement(c.ctx, ams.StatementRequest{Account: "alice", Limit: -1}), ams.CodeInvalidRequest)
}

// ruleConservation runs payments that end in every way, many at once, and sums the books.
func ruleConservation(c *Case) {
	c.account("alice", 100_000)
	c.account("bob", 100_000)
	reverse := c.sys().Capabilities().Reverse
	together(crowd, func(i int) ams.Outcome[ams.Receipt] {
		from, to := ams.Account("alice"), ams.Account("bob")
		if i%2 == 1 {
			from, to = to, from
		}
		transfer, cents := fmt.Sprint(i), int64(100+i)
		c.hold(transfer, from, cents)
		switch {
		case i%4 == 2:
			return c.release(transfer)
		case i%4 == 3 && reverse:
			c.book(transfer, cents)
			return c.reverse(transfer, bookOf(transfer))
		default:
			c.book(transfer, cents)
			return c.credit(transfer, to, cents)
		}
	})
	c.conserved("alice", "bob")
	alice, bob := done(c, c.sys().Balance(c.ctx, "alice")), done(c, c.sys().Balance(c.ctx, "bob"))
	if alice.Held.Minor != 0 || bob.Held.Minor != 0 {
		c.Fatalf("every payment has ended, and %s and %s are still held", alice.Held, bob.Held)
	}
	// A payment moves the same amount out of one account and into the other, so what is lost to clearing is what the payments of
	// each kind leave there: nothing.
	if reverse && alice.Ledger.Minor+bob.Ledger.Minor != 200_000 {
		c.Fatalf("alice has %s and bob %s, together they had 2000.00", alice.Ledger, bob.Ledger)
	}
}

// conserved expects that the books sum to zero and that nobody has less than nothing available.
func (c *Case) conserved(accounts ...ams.Account) {
	c.Helper()
	totals, err := c.subject.Totals()
	if err != nil {
		c.Fatalf("the books could not be summed: %v", err)
	}
	for _, total := range totals {
		if total.Minor != 0 {
			c.Fatalf("all accounts together sum to %s, not to zero", total)
		}
	}
	for _, account := range accounts {
		if got := done(c, c.sys().Balance(c.ctx, account)); got.Available.Minor < 0 || got.Held.Minor < 0 {
			c.Fatalf("account %s has %s available, %s held", account, got.Available, got.Held)
		}
	}
}

func ruleHealth(c *Case) {
	before := c.sys().Capabilities()
	if err := c.sys().Health(c.ctx); err != nil {
		c.Fatalf("a fresh system is not healthy: %v", err)
	}
	c.account("alice", 1)
	if after := c.sys().Capabilities(); after != before {
		c.Fatalf("the capabilities were %+v, now they are %+v", before, after)
	}
}
