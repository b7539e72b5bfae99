package amstest_test

import (
	"context"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger/ledgertest"
	"github.com/payhub/payhub/flows/contract/money"
)

var doubles = []double{
	{
		fault: "books twice when asked twice", random: true,
		fails: []string{
			"a repeated booking has its effect once", "an unknown outcome is found by status and repeated once",
			"what was answered is there after a restart", "one reference asked at once by many has its effect once",
		},
		spoil: func(b *broken) {
			b.book = func(ctx context.Context, r ams.BookRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Book(ctx, r)
				if receipt, ok := outcome.Value(); ok && b.again(r.Reference) > 0 {
					b.secretly(ctx, receipt.Account, receipt.Amount, r.Reference)
				}
				return outcome
			}
		},
	},
	{
		fault: "forgets which holds it was asked for", random: true,
		fails: []string{
			"a repeated hold has its effect once", "an unknown outcome is found by status and repeated once",
			"what was answered is there after a restart", "one reference asked at once by many has its effect once",
		},
		spoil: func(b *broken) {
			b.hold = func(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Hold(ctx, r)
				if outcome.Kind() == ams.KindDone && b.again(r.Reference) > 0 {
					r.Reference = b.fresh(r.Reference)
					return b.Ledger.Hold(ctx, r)
				}
				return outcome
			}
		},
	},
	{
		fault: "credits twice when asked twice",
		fails: []string{
			"a repeated credit has its effect once", "an unknown outcome is found by status and repeated once",
			"an outcome says the truth when the caller gives up", "what was answered is there after a restart",
			"one reference asked at once by many has its effect once",
		},
		spoil: func(b *broken) {
			b.credit = func(ctx context.Context, r ams.CreditRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Credit(context.WithoutCancel(ctx), r)
				if outcome.Kind() == ams.KindDone && b.again(r.Reference) > 0 {
					r.Reference = b.fresh(r.Reference)
					b.Ledger.Credit(ctx, r)
				}
				return outcome
			}
		},
	},
	{
		fault: "releases a booked hold",
		fails: []string{"a booked hold cannot be released"}, may: []string{"of a booking and a release at once one wins"},
		spoil: func(b *broken) {
			b.release = func(ctx context.Context, r ams.ReleaseRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Release(ctx, r)
				if code(outcome) != ams.CodeHoldBooked {
					return outcome
				}
				status, _ := b.Ledger.Status(ctx, r.Hold).Value()
				return b.Ledger.Reverse(ctx, ams.ReverseRequest{Reference: b.fresh(r.Reference), Original: status.By})
			}
		},
	},
	{
		fault: "books a released hold",
		fails: []string{
			"a released hold cannot be booked", "a release that comes first fences its hold",
		},
		may: []string{"of a booking and a release at once one wins"},
		spoil: func(b *broken) {
			b.book = func(ctx context.Context, r ams.BookRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Book(ctx, r)
				if code(outcome) != ams.CodeHoldReleased {
					return outcome
				}
				return b.secretly(ctx, "alice", r.Amount, r.Reference)
			}
		},
	},
	{
		fault: "books a hold again under another reference",
		fails: []string{"there is one booking per hold"},
		spoil: func(b *broken) {
			b.book = func(ctx context.Context, r ams.BookRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Book(ctx, r)
				if code(outcome) != ams.CodeHoldBooked {
					return outcome
				}
				return b.secretly(ctx, "alice", r.Amount, r.Reference)
			}
		},
	},
	{
		fault: "allows an overdraft", random: true,
		fails: []string{
			"more than is available is never held", "a refused reference stays refused",
			"status knows every operation by its own reference", "what was answered is there after a restart",
			"holds at once never reserve more than there is",
		},
		spoil: func(b *broken) {
			b.hold = func(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
				if outcome := b.Ledger.Hold(ctx, r); code(outcome) != ams.CodeInsufficientFunds {
					return outcome
				}
				return claim(r.Reference, ams.OperationHold, r.Account, r.Amount)
			}
		},
	},
	{
		fault: "checks funds and holds in two steps",
		fails: []string{"holds at once never reserve more than there is"},
		spoil: func(b *broken) { b.hold = b.raced },
	},
	{
		fault: "takes another currency as its own",
		fails: []string{"another currency is refused"},
		spoil: func(b *broken) {
			b.credit = func(ctx context.Context, r ams.CreditRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Credit(ctx, r)
				if code(outcome) != ams.CodeCurrencyMismatch {
					return outcome
				}
				r.Reference, r.Amount.Currency = b.fresh(r.Reference), "USD"
				return b.Ledger.Credit(ctx, r)
			}
		},
	},
	{
		fault: "loses what it did when it is restarted", random: true,
		fails: []string{"what was answered is there after a restart"},
		spoil: func(b *broken) {
			b.restart = func() error {
				if err := b.Discard(); err != nil {
					return err
				}
				subject, err := ledgertest.Make()
				b.Subject = subject
				return err
			}
		},
	},
	{
		fault: "answers Done when it does not know",
		fails: []string{"an outcome says the truth when the caller gives up"},
		spoil: func(b *broken) {
			b.credit = func(ctx context.Context, r ams.CreditRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Credit(ctx, r)
				if outcome.Kind() == ams.KindDone || outcome.Kind() == ams.KindRejected {
					return outcome
				}
				return claim(r.Reference, ams.OperationCredit, r.Account, r.Amount)
			}
		},
	},
	{
		fault: "answers NotSent when it does not know",
		fails: []string{"an outcome says the truth when the caller gives up"},
		spoil: func(b *broken) {
			b.credit = func(ctx context.Context, r ams.CreditRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Credit(context.WithoutCancel(ctx), r)
				if ctx.Err() != nil {
					return ams.NotSent[ams.Receipt](errStandIn)
				}
				return outcome
			}
		},
	},
	{
		fault: "changes its mind about a refusal",
		fails: []string{"a refused reference stays refused"},
		spoil: func(b *broken) {
			b.hold = func(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Hold(ctx, r)
				if code(outcome) == ams.CodeInsufficientFunds {
					r.Reference = b.fresh(r.Reference)
					return b.Ledger.Hold(ctx, r)
				}
				return outcome
			}
		},
	},
	{
		fault: "answers a conflict with the old receipt",
		fails: []string{"a reference with another body is a conflict"},
		spoil: func(b *broken) {
			b.hold = func(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
				outcome := b.Ledger.Hold(ctx, r)
				if code(outcome) == ams.CodeReferenceConflict {
					status, _ := b.Ledger.Status(ctx, r.Reference).Value()
					return ams.Done(status.Receipt)
				}
				return outcome
			}
		},
	},
	{
		fault: "claims a fence and sets none",
		fails: []string{"a release that comes first fences its hold"},
		spoil: func(b *broken) {
			b.release = func(ctx context.Context, r ams.ReleaseRequest) ams.Outcome[ams.Receipt] {
				if status, _ := b.Ledger.Status(ctx, r.Hold).Value(); status.State == ams.StateNone && r.Hold != r.Reference {
					return claim(r.Reference, ams.OperationRelease, "", money.Amount{})
				}
				return b.Ledger.Release(ctx, r)
			}
		},
	},
	{
		fault: "gives a hold back when it expires",
		fails: []string{"a hold past its expiry is visible and still there"},
		spoil: func(b *broken) {
			b.status = func(ctx context.Context, r ams.Reference) ams.Outcome[ams.Status] {
				outcome := b.Ledger.Status(ctx, r)
				if status, _ := outcome.Value(); status.Expired {
					b.Ledger.Release(ctx, ams.ReleaseRequest{Reference: b.fresh(r), Hold: r})
				}
				return b.Ledger.Status(ctx, r)
			}
		},
	},
	{
		fault: "breaks its promise when the account is frozen",
		fails: []string{"a hold is kept on a frozen account"},
		spoil: func(b *broken) {
			b.book = func(ctx context.Context, r ams.BookRequest) ams.Outcome[ams.Receipt] {
				status, _ := b.Ledger.Status(ctx, r.Hold).Value()
				party, _ := b.Ledger.LookupParty(ctx, ams.PartyID{Type: "MSISDN", Identifier: "27" + string(status.Receipt.Account)}).Value()
				if party.Standing == ams.StandingFrozen {
					return ams.Rejected[ams.Receipt](ams.CodeAccountFrozen, "frozen")
				}
				return b.Ledger.Book(ctx, r)
			}
		},
	},
	{
		fault: "has never heard of what it did",
		fails: []string{
			"a booking of less gives the rest back", "a hold past its expiry is visible and still there",
			"a release that comes first fences its hold", "a reversal that comes first fences its credit",
			"status knows every operation by its own reference", "an unknown outcome is found by status and repeated once",
			"an outcome says the truth when the caller gives up", "what was answered is there after a restart",
		},
		spoil: func(b *broken) {
			b.status = func(ctx context.Context, r ams.Reference) ams.Outcome[ams.Status] {
				if outcome := b.Ledger.Status(ctx, r); outcome.Kind() != ams.KindDone {
					return outcome
				}
				return ams.Done(ams.Status{Reference: r, State: ams.StateNone})
			}
		},
	},
	{
		fault: "leaves lines out of a statement",
		fails: []string{"a statement lists every movement and adds up"},
		spoil: func(b *broken) {
			b.statement = func(ctx context.Context, r ams.StatementRequest) ams.Outcome[ams.Statement] {
				outcome := b.Ledger.Statement(ctx, r)
				page, ok := outcome.Value()
				if !ok {
					return outcome
				}
				kept := page.Lines[:0]
				for _, line := range page.Lines {
					if line.Operation != ams.OperationCredit {
						kept = append(kept, line)
					}
				}
				page.Lines = kept
				return ams.Done(page)
			}
		},
	},
	{
		fault: "makes money",
		fails: []string{"money is neither made nor lost"},
		spoil: func(b *broken) {
			b.totals = func() ([]money.Amount, error) { return []money.Amount{{Minor: 1, Currency: "USD"}}, nil }
		},
	},
}
