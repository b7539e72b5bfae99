package amstest

import (
	"strings"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

func ruleLookup(c *Case) {
	c.account("alice", 500)
	got := done(c, c.sys().LookupParty(c.ctx, alias("alice")))
	if got.Account != "alice" || got.Currency != "USD" || got.Standing != ams.StandingOpen || got.Name != "Holder of alice" {
		c.Fatalf("looked up alice and found %+v", got)
	}
	rejected(c, c.sys().LookupParty(c.ctx, alias("nobody")), ams.CodePartyNotFound)
	rejected(c, c.sys().LookupParty(c.ctx, ams.PartyID{Type: "EMAIL", Identifier: alias("alice").Identifier}), ams.CodePartyNotFound)
}

func ruleValidate(c *Case) {
	c.account("alice", 500)
	ask := func(account ams.Account, direction ams.Direction, amount money.Amount) ams.Outcome[ams.Party] {
		return c.sys().Validate(c.ctx, ams.ValidateRequest{Account: account, Direction: direction, Amount: amount})
	}
	if got := done(c, ask("alice", ams.DirectionDebit, usd(500))); got.Account != "alice" {
		c.Fatalf("validated alice and was told of %+v", got)
	}
	done(c, ask("alice", ams.DirectionCredit, usd(501)))
	rejected(c, ask("alice", ams.DirectionDebit, usd(501)), ams.CodeInsufficientFunds)
	rejected(c, ask("alice", ams.DirectionCredit, money.Amount{Minor: 1, Currency: "EUR"}), ams.CodeCurrencyMismatch)
	rejected(c, ask("nobody", ams.DirectionCredit, usd(1)), ams.CodeAccountNotFound)
	c.standing("alice", ams.StandingFrozen)
	rejected(c, ask("alice", ams.DirectionCredit, usd(1)), ams.CodeAccountFrozen)
	c.balance("alice", 500, 0)
}

func ruleQuote(c *Case) {
	c.account("alice", 500)
	request := ams.QuoteRequest{Reference: ams.ReferenceOf("t", ams.OperationQuote), Account: "alice", Direction: ams.DirectionDebit, Amount: usd(100)}
	quote := done(c, c.sys().Quote(c.ctx, request))
	if again := done(c, c.sys().Quote(c.ctx, request)); again != quote {
		c.Fatalf("quoted %+v, then %+v", quote, again)
	}
	if quote.Fee.Minor < 0 || quote.Commission.Minor < 0 || quote.Amount != usd(100) {
		c.Fatalf("quote %+v is not of the amount with charges of zero or more", quote)
	}
	if want := 100 + quote.Fee.Minor - quote.Commission.Minor; quote.Total != usd(want) {
		c.Fatalf("quote %+v does not add up: a debit's total is amount + fee - commission, %s", quote, usd(want))
	}
	if quote.Fee.Minor > 0 && !c.sys().Capabilities().Fees {
		c.Fatalf("quote %+v has a fee, and the system does not declare Fees", quote)
	}
	c.balance("alice", 500, 0)
}

func ruleInvalid(c *Case) {
	c.account("alice", 500)
	for _, amount := range []money.Amount{{}, usd(0), usd(-1), {Minor: 1}, {Minor: 1, Currency: "XYZ"}} {
		rejected(c, c.sys().Hold(c.ctx, ams.HoldRequest{Reference: holdOf("t"), Account: "alice", Amount: amount}), ams.CodeInvalidRequest)
		rejected(c, c.sys().Credit(c.ctx, ams.CreditRequest{Reference: creditOf("t"), Account: "alice", Amount: amount}), ams.CodeInvalidRequest)
		rejected(c, c.sys().Book(c.ctx, ams.BookRequest{Reference: bookOf("t"), Hold: holdOf("t"), Amount: amount}), ams.CodeInvalidRequest)
	}
	for _, reference := range []ams.Reference{"", ams.Reference(strings.Repeat("x", ams.MaxReference+1))} {
		rejected(c, c.sys().Hold(c.ctx, ams.HoldRequest{Reference: reference, Account: "alice", Amount: usd(1)}), ams.CodeInvalidRequest)
		rejected(c, c.sys().Credit(c.ctx, ams.CreditRequest{Reference: reference, Account: "alice", Amount: usd(1)}), ams.CodeInvalidRequest)
		rejected(c, c.sys().Status(c.ctx, reference), ams.CodeInvalidRequest)
	}
	rejected(c, c.sys().Release(c.ctx, ams.ReleaseRequest{Reference: holdOf("t"), Hold: holdOf("t")}), ams.CodeInvalidRequest)
	c.balance("alice", 500, 0)
}

func ruleHold(c *Case) {
	c.account("alice", 500)
	receipt := done(c, c.hold("t", "alice", 200))
	if receipt.Reference != holdOf("t") || receipt.Operation != ams.OperationHold || receipt.Account != "alice" || receipt.Amount != usd(200) || receipt.At.IsZero() {
		c.Fatalf("the receipt of the hold is %+v", receipt)
	}
	c.balance("alice", 500, 200)
}

func ruleOverdraft(c *Case) {
	c.account("alice", 500)
	rejected(c, c.hold("over", "alice", 501), ams.CodeInsufficientFunds)
	c.balance("alice", 500, 0)
	done(c, c.hold("most", "alice", 400))
	rejected(c, c.hold("again", "alice", 101), ams.CodeInsufficientFunds)
	done(c, c.hold("rest", "alice", 100))
	rejected(c, c.hold("cent", "alice", 1), ams.CodeInsufficientFunds)
	c.balance("alice", 500, 500)
}

func ruleCurrency(c *Case) {
	c.account("alice", 500)
	euro := money.Amount{Minor: 100, Currency: "EUR"}
	rejected(c, c.sys().Hold(c.ctx, ams.HoldRequest{Reference: holdOf("e"), Account: "alice", Amount: euro}), ams.CodeCurrencyMismatch)
	rejected(c, c.sys().Credit(c.ctx, ams.CreditRequest{Reference: creditOf("e"), Account: "alice", Amount: euro}), ams.CodeCurrencyMismatch)
	c.balance("alice", 500, 0)
	done(c, c.hold("t", "alice", 100))
	rejected(c, c.sys().Book(c.ctx, ams.BookRequest{Reference: bookOf("t"), Hold: holdOf("t"), Amount: euro}), ams.CodeCurrencyMismatch)
	c.balance("alice", 500, 100)
}

func ruleUnknownAccount(c *Case) {
	rejected(c, c.hold("t", "nobody", 1), ams.CodeAccountNotFound)
	rejected(c, c.credit("t", "nobody", 1), ams.CodeAccountNotFound)
	rejected(c, c.sys().Balance(c.ctx, "nobody"), ams.CodeAccountNotFound)
	rejected(c, c.sys().Statement(c.ctx, ams.StatementRequest{Account: "nobody"}), ams.CodeAccountNotFound)
}

func ruleClosed(c *Case) {
	c.account("alice", 0)
	c.standing("alice", ams.StandingClosed)
	rejected(c, c.hold("t", "alice", 1), ams.CodeAccountClosed)
	rejected(c, c.credit("t", "alice", 1), ams.CodeAccountClosed)
	c.balance("alice", 0, 0)
}

func ruleFrozen(c *Case) {
	c.account("alice", 500)
	c.standing("alice", ams.StandingFrozen)
	rejected(c, c.hold("t", "alice", 1), ams.CodeAccountFrozen)
	rejected(c, c.credit("t", "alice", 1), ams.CodeAccountFrozen)
	c.standing("alice", ams.StandingOpen)
	done(c, c.hold("u", "alice", 1))
	c.balance("alice", 500, 1)
}

func ruleBook(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	receipt := done(c, c.book("t", 200))
	if receipt.Reference != bookOf("t") || receipt.Operation != ams.OperationBook || receipt.Account != "alice" || receipt.Amount != usd(200) {
		c.Fatalf("the receipt of the booking is %+v", receipt)
	}
	c.balance("alice", 300, 0)
	rejected(c, c.book("nothing held", 1), ams.CodeHoldNotFound)
}

func rulePartialBook(c *Case) {
	c.needs(c.sys().Capabilities().PartialBook, "PartialBook")
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	done(c, c.book("t", 150))
	c.balance("alice", 350, 0)
	if got := c.state(holdOf("t"), ams.StateBooked); got.Booked != usd(150) {
		c.Fatalf("of the hold %s were booked by its status, expected 1.50", got.Booked)
	}
}

func ruleOverHold(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	rejected(c, c.book("t", 201), ams.CodeAmountOverHold)
	c.balance("alice", 500, 200)
}

func ruleSecondBooking(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 100))
	done(c, c.book("t", 100))
	rejected(c, c.sys().Book(c.ctx, ams.BookRequest{Reference: bookOf("other"), Hold: holdOf("t"), Amount: usd(100)}), ams.CodeHoldBooked)
	c.balance("alice", 400, 0)
}

func ruleRelease(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	receipt := done(c, c.release("t"))
	if receipt.Reference != releaseOf("t") || receipt.Operation != ams.OperationRelease || receipt.Account != "alice" || receipt.Amount != usd(200) {
		c.Fatalf("the receipt of the release is %+v", receipt)
	}
	c.balance("alice", 500, 0)
	rejected(c, c.sys().Release(c.ctx, ams.ReleaseRequest{Reference: releaseOf("other"), Hold: holdOf("t")}), ams.CodeHoldReleased)
	c.balance("alice", 500, 0)
}

func ruleReleaseBooked(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	done(c, c.book("t", 200))
	rejected(c, c.release("t"), ams.CodeHoldBooked)
	c.balance("alice", 300, 0)
}

func ruleBookReleased(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	done(c, c.release("t"))
	rejected(c, c.book("t", 200), ams.CodeHoldReleased)
	c.balance("alice", 500, 0)
}

func ruleHoldIsAPromise(c *Case) {
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	done(c, c.hold("u", "alice", 100))
	c.standing("alice", ams.StandingFrozen)
	done(c, c.book("t", 200))
	done(c, c.release("u"))
	c.balance("alice", 300, 0)
}

func ruleExpiry(c *Case) {
	c.needs(c.sys().Capabilities().ExpiryVisible, "ExpiryVisible")
	c.account("alice", 500)
	hold := done(c, c.hold("probe", "alice", 1)) // its receipt says what time it is there
	expires := hold.At.Add(time.Hour)
	done(c, c.sys().Hold(c.ctx, ams.HoldRequest{Reference: holdOf("t"), Account: "alice", Amount: usd(200), Expires: expires}))
	if got := c.state(holdOf("t"), ams.StateHeld); got.Expired || !got.Expires.Equal(expires) {
		c.Fatalf("status of a hold that expires at %s says expired %t, expires %s", expires, got.Expired, got.Expires)
	}
	c.advance(2 * time.Hour)
	if got := c.state(holdOf("t"), ams.StateHeld); !got.Expired {
		c.Fatalf("an hour after its expiry a hold is not shown as expired")
	}
	c.balance("alice", 500, 201)
	done(c, c.book("t", 200))
	c.balance("alice", 300, 1)
	if got := c.state(holdOf("t"), ams.StateBooked); got.Expired {
		c.Fatalf("a booked hold is shown as expired")
	}
}

func ruleCredit(c *Case) {
	c.account("bob", 0)
	receipt := done(c, c.credit("t", "bob", 150))
	if receipt.Reference != creditOf("t") || receipt.Operation != ams.OperationCredit || receipt.Account != "bob" || receipt.Amount != usd(150) {
		c.Fatalf("the receipt of the credit is %+v", receipt)
	}
	c.balance("bob", 150, 0)
	done(c, c.hold("u", "bob", 150)) // what was credited can be spent
}

func ruleReverseBooking(c *Case) {
	c.needs(c.sys().Capabilities().Reverse, "Reverse")
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	done(c, c.book("t", 200))
	if receipt := done(c, c.reverse("t", bookOf("t"))); receipt.Amount != usd(200) || receipt.Account != "alice" {
		c.Fatalf("the receipt of the reversal is %+v", receipt)
	}
	c.balance("alice", 500, 0)
	rejected(c, c.reverse("other", bookOf("t")), ams.CodeAlreadyReversed)
	c.balance("alice", 500, 0)
}

func ruleReverseCredit(c *Case) {
	c.needs(c.sys().Capabilities().Reverse, "Reverse")
	c.account("bob", 0)
	done(c, c.credit("t", "bob", 200))
	done(c, c.credit("spent", "bob", 100))
	done(c, c.hold("buy", "bob", 100))
	done(c, c.book("buy", 100))
	done(c, c.reverse("t", creditOf("t")))
	c.balance("bob", 0, 0)
	rejected(c, c.reverse("other", creditOf("t")), ams.CodeAlreadyReversed)
	rejected(c, c.reverse("spent", creditOf("spent")), ams.CodeInsufficientFunds)
	c.balance("bob", 0, 0)
}

func ruleNotReversible(c *Case) {
	c.needs(c.sys().Capabilities().Reverse, "Reverse")
	c.account("alice", 500)
	done(c, c.hold("t", "alice", 200))
	rejected(c, c.reverse("t", holdOf("t")), ams.CodeNotReversible)
	c.balance("alice", 500, 200)
}
