// Package amssim turns reference ledgers into a simulator for dev and tests: account systems whose answers get lost, come late,
// twice or wrong, accounts to begin with, and the books to look into over HTTP.
package amssim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/adapters/ams"
)

// The kinds of faults.
const (
	// AnswerLostAfterCommit: the operation is carried out and its answer lost. The outcome is Unknown.
	AnswerLostAfterCommit = "answer-lost-after-commit"
	// Error5xx: the system fails before it did anything, and the caller cannot know that. The outcome is Unknown.
	Error5xx = "error-5xx"
	// Stall: the operation is carried out, and the answer comes after a delay. The outcome is Unknown when the caller waits less.
	Stall = "stall"
	// WrongID: the operation is carried out, and the answer names another reference or account.
	WrongID = "wrong-id"
	// DuplicateAnswer: the operation arrives twice at the system, and the second answer is the one that counts.
	DuplicateAnswer = "duplicate-answer"
)

// Kinds lists the kinds of faults.
func Kinds() []string {
	return []string{AnswerLostAfterCommit, Error5xx, Stall, WrongID, DuplicateAnswer}
}

// Operations lists what a fault can be set on.
func Operations() []string {
	return []string{
		string(ams.OperationLookupParty), string(ams.OperationValidate), string(ams.OperationQuote), string(ams.OperationHold),
		string(ams.OperationBook), string(ams.OperationRelease), string(ams.OperationCredit), string(ams.OperationReverse),
		string(ams.OperationStatus), string(ams.OperationBalance), string(ams.OperationStatement),
	}
}

// Injector decides what goes wrong with the next operation of a tenant: a kind, and for Stall how long; "" for nothing.
type Injector interface {
	Inject(tenant, operation string) (kind string, delay time.Duration)
}

// Faulty is a System with an Injector's faults in front of it. Health and Capabilities are the system's own.
type Faulty struct {
	ams.System
	tenant   string
	injector Injector
}

var _ ams.System = (*Faulty)(nil)

// NewFaulty puts the injector's faults for a tenant in front of its system.
func NewFaulty(system ams.System, tenant string, injector Injector) *Faulty {
	return &Faulty{System: system, tenant: tenant, injector: injector}
}

// ErrSimulated is the cause of every Unknown outcome that was made here.
var ErrSimulated = errors.New("simulated fault")

// through carries an operation out with the fault that is due. mistake makes a wrong answer of a right one.
func through[T any](ctx context.Context, f *Faulty, operation ams.Operation, mistake func(*T), do func() ams.Outcome[T]) ams.Outcome[T] {
	kind, delay := f.injector.Inject(f.tenant, string(operation))
	lost := func(what string) ams.Outcome[T] {
		return ams.Unknown[T](fmt.Errorf("%w at %s: %s: %s", ErrSimulated, f.tenant, operation, what))
	}
	switch kind {
	case Error5xx:
		return lost("the system answered 503")
	case AnswerLostAfterCommit:
		do()
		return lost("the connection was cut before the answer")
	case Stall:
		outcome := do()
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			return outcome
		case <-ctx.Done():
			return lost("the answer did not come in time")
		}
	case WrongID:
		outcome := do()
		value, done := outcome.Value()
		if !done {
			return outcome
		}
		mistake(&value)
		return ams.Done(value)
	case DuplicateAnswer:
		first, second := do(), do()
		if second.Kind() == ams.KindNotSent && first.Kind() != ams.KindNotSent {
			return lost("only the first of two requests arrived")
		}
		return second
	default:
		return do()
	}
}

const wrong = "-wrong"

func wrongReceipt(r *ams.Receipt) { r.Reference += wrong }

// LookupParty looks a party up; a wrong answer names an account that is not there.
func (f *Faulty) LookupParty(ctx context.Context, id ams.PartyID) ams.Outcome[ams.Party] {
	return through(ctx, f, ams.OperationLookupParty, func(p *ams.Party) { p.Account += wrong },
		func() ams.Outcome[ams.Party] { return f.System.LookupParty(ctx, id) })
}

// Validate validates; a wrong answer names an account that is not there.
func (f *Faulty) Validate(ctx context.Context, r ams.ValidateRequest) ams.Outcome[ams.Party] {
	return through(ctx, f, ams.OperationValidate, func(p *ams.Party) { p.Account += wrong },
		func() ams.Outcome[ams.Party] { return f.System.Validate(ctx, r) })
}

// Quote quotes; a wrong answer is about another quote.
func (f *Faulty) Quote(ctx context.Context, r ams.QuoteRequest) ams.Outcome[ams.Quote] {
	return through(ctx, f, ams.OperationQuote, func(q *ams.Quote) { q.Reference += wrong },
		func() ams.Outcome[ams.Quote] { return f.System.Quote(ctx, r) })
}

// Hold holds; a wrong answer is about another operation, as with all that follow.
func (f *Faulty) Hold(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
	return through(ctx, f, ams.OperationHold, wrongReceipt, func() ams.Outcome[ams.Receipt] { return f.System.Hold(ctx, r) })
}

// Book books.
func (f *Faulty) Book(ctx context.Context, r ams.BookRequest) ams.Outcome[ams.Receipt] {
	return through(ctx, f, ams.OperationBook, wrongReceipt, func() ams.Outcome[ams.Receipt] { return f.System.Book(ctx, r) })
}

// Release releases.
func (f *Faulty) Release(ctx context.Context, r ams.ReleaseRequest) ams.Outcome[ams.Receipt] {
	return through(ctx, f, ams.OperationRelease, wrongReceipt, func() ams.Outcome[ams.Receipt] { return f.System.Release(ctx, r) })
}

// Credit credits.
func (f *Faulty) Credit(ctx context.Context, r ams.CreditRequest) ams.Outcome[ams.Receipt] {
	return through(ctx, f, ams.OperationCredit, wrongReceipt, func() ams.Outcome[ams.Receipt] { return f.System.Credit(ctx, r) })
}

// Reverse reverses.
func (f *Faulty) Reverse(ctx context.Context, r ams.ReverseRequest) ams.Outcome[ams.Receipt] {
	return through(ctx, f, ams.OperationReverse, wrongReceipt, func() ams.Outcome[ams.Receipt] { return f.System.Reverse(ctx, r) })
}

// Status asks for the status; a wrong answer is about another operation.
func (f *Faulty) Status(ctx context.Context, r ams.Reference) ams.Outcome[ams.Status] {
	return through(ctx, f, ams.OperationStatus, func(s *ams.Status) { s.Reference += wrong },
		func() ams.Outcome[ams.Status] { return f.System.Status(ctx, r) })
}

// Balance asks for the balance; a wrong answer is about another account.
func (f *Faulty) Balance(ctx context.Context, a ams.Account) ams.Outcome[ams.Balance] {
	return through(ctx, f, ams.OperationBalance, func(b *ams.Balance) { b.Account += wrong },
		func() ams.Outcome[ams.Balance] { return f.System.Balance(ctx, a) })
}

// Statement asks for a statement; a wrong answer is about another account.
func (f *Faulty) Statement(ctx context.Context, r ams.StatementRequest) ams.Outcome[ams.Statement] {
	return through(ctx, f, ams.OperationStatement, func(s *ams.Statement) { s.Account += wrong },
		func() ams.Outcome[ams.Statement] { return f.System.Statement(ctx, r) })
}
