// Package ams is the contract between payhub and account systems (core banking, wallets): what payhub asks of one, in a form that
// every system can be adapted to, and the rules that keep money whole when answers get lost.
//
// # The rules
//
//  1. Every operation that moves or reserves money carries a Reference that derives from the transfer and the operation, never
//     from the attempt. An operation is idempotent by it: the same reference with the same body has its effect once and gets the
//     same answer every time, rejections included; with another body it is Rejected with CodeReferenceConflict and has no effect.
//  2. An answer is one of four (see Outcome): Done, Rejected, NotSent or Unknown. Only Done, Rejected and NotSent say anything about
//     the money. Unknown is resolved by asking Status for the operation's own reference, then by repeating the operation under
//     the same reference; it is never treated as a failure.
//  3. A hold is a promise. A held amount cannot be spent by anyone else, and booking a hold succeeds whatever happened to the
//     account since. A hold does not end by itself: past its expiry it is visible as expired, and somebody releases it. So a scheme
//     that committed late can still be booked.
//  4. A hold ends once: after Book, Release is Rejected with CodeHoldBooked; after Release, Book is Rejected with CodeHoldReleased.
//  5. Never release while a booking is Unknown, never reverse because an answer was lost.
//  6. The sum over all accounts of a system, its own clearing accounts included, is always zero; no customer has less than nothing
//     available.
//
// Package amstest checks all of it on any System.
package ams

import "context"

// System is one institution's account system. A System is safe for concurrent use. Deadline, cancellation and trace context come
// with ctx; when ctx ends while an operation is under way the outcome is Unknown, before it was sent NotSent.
type System interface {
	// LookupParty finds whose account an alias (phone number, e-mail …) stands for. A read. Rejected: CodePartyNotFound.
	LookupParty(ctx context.Context, id PartyID) Outcome[Party]

	// Validate says whether an account could take part in a movement now, without reserving anything. A read; what it promises may
	// be gone a moment later. Rejected as Hold or Credit would be.
	Validate(ctx context.Context, request ValidateRequest) Outcome[Party]

	// Quote says what the system would charge for a transfer. It changes no account; asking again under the same reference gets the
	// same quote. Rejected: as Validate, without a check of funds.
	Quote(ctx context.Context, request QuoteRequest) Outcome[Quote]

	// Hold reserves an amount of an account. Rejected: CodeAccountNotFound, CodeAccountClosed, CodeAccountFrozen,
	// CodeCurrencyMismatch, CodeInsufficientFunds, CodeHoldReleased (Release came first).
	Hold(ctx context.Context, request HoldRequest) Outcome[Receipt]

	// Book debits the account by a held amount or less; what is not booked of the hold is available again. There is one booking per
	// hold. Rejected: CodeHoldNotFound, CodeHoldReleased, CodeHoldBooked (by another reference), CodeAmountOverHold,
	// CodeCurrencyMismatch.
	Book(ctx context.Context, request BookRequest) Outcome[Receipt]

	// Release ends a hold without a debit: what it promises is that nothing is held under that reference, so for a hold that was
	// refused it is Done too. Rejected: CodeHoldBooked, CodeHoldReleased (by another reference), CodeHoldNotFound when the
	// reference is no hold, or not known and the system does not fence. A system that fences (Capabilities.Fences) answers Done
	// for a hold that it has never seen, and refuses that hold when it arrives late.
	Release(ctx context.Context, request ReleaseRequest) Outcome[Receipt]

	// Credit adds an amount to an account. Rejected: CodeAccountNotFound, CodeAccountClosed, CodeAccountFrozen,
	// CodeCurrencyMismatch, CodeAlreadyReversed (Reverse came first).
	Credit(ctx context.Context, request CreditRequest) Outcome[Receipt]

	// Reverse undoes one whole booking or credit; a frozen account takes it, for it corrects what the institution did. There is one
	// reversal per original, and for an original that was refused it is Done with nothing to undo. Rejected: CodeOriginalNotFound
	// when the system does not fence (as Release), CodeAlreadyReversed (by another reference), CodeNotReversible (the original is
	// neither booking nor credit), CodeInsufficientFunds when a credit has been spent, CodeAccountClosed.
	Reverse(ctx context.Context, request ReverseRequest) Outcome[Receipt]

	// Status says what has become of the operation with this reference. A read, the way out of Unknown. An operation that has
	// reached the system before the question is never reported as StateNone. A reference that is not known is Done with StateNone,
	// not a rejection.
	Status(ctx context.Context, reference Reference) Outcome[Status]

	// Balance says what is on an account. A read. Rejected: CodeAccountNotFound.
	Balance(ctx context.Context, account Account) Outcome[Balance]

	// Statement lists the movements of an account, oldest first, a page at a time. A read. Rejected: CodeAccountNotFound.
	Statement(ctx context.Context, request StatementRequest) Outcome[Statement]

	// Health does a real read on the system: nil, or what is wrong with it and what to do.
	Health(ctx context.Context) error

	// Capabilities says which optional parts of the contract the system keeps. They never change while it runs.
	Capabilities() Capabilities
}

// Capabilities says what a system can do beyond the least that payhub needs. Package amstest asserts each that is declared.
type Capabilities struct {
	// NativeHold: the system itself reserves; otherwise the adapter books to a suspense account and back.
	NativeHold bool
	// PartialBook: Book takes less than the held amount. Without it, it is CodeUnsupported.
	PartialBook bool
	// ExpiryVisible: Status says that a hold is past its expiry.
	ExpiryVisible bool
	// StatusByReference: Status knows every operation by its own reference. Without it, it is CodeUnsupported.
	StatusByReference bool
	// ReplaysDuplicates: a repeated reference gets the first answer again from the system itself, not from the adapter's memory.
	ReplaysDuplicates bool
	// Fences: Release and Reverse of a reference that has not arrived yet make the system refuse it for ever. This closes the gap
	// between "the hold's answer was lost" and "the hold may still land".
	Fences bool
	// Reverse: the system can undo a booking or credit. Without it, it is CodeUnsupported.
	Reverse bool
	// Fees: Quote may answer charges above zero.
	Fees bool
}
