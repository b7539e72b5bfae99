package ams

import (
	"time"

	"github.com/payhub/payhub/flows/contract/money"
)

// Account is the account system's own name of an account; payhub only hands it back.
type Account string

// PartyID is an alias of an account: a phone number, an e-mail address, a tax number.
type PartyID struct {
	// Type is the kind of alias as schemes name it: MSISDN, EMAIL, ACCOUNT_ID, PERSONAL_ID, BUSINESS …
	Type string
	// Identifier is the alias itself.
	Identifier string
	// SubID tells apart what shares an identifier; mostly empty.
	SubID string
}

// Standing is whether an account takes part in movements.
type Standing string

// The standings of an account.
const (
	StandingOpen   Standing = "OPEN"
	StandingFrozen Standing = "FROZEN"
	StandingClosed Standing = "CLOSED"
)

// Party is an account and what may be said about whose it is.
type Party struct {
	Account  Account
	Name     string
	Currency money.Currency
	Standing Standing
}

// Direction is which way money would go through an account.
type Direction string

// The directions of a movement, seen from the account.
const (
	DirectionDebit  Direction = "DEBIT"
	DirectionCredit Direction = "CREDIT"
)

// ValidateRequest asks whether a movement would be taken now.
type ValidateRequest struct {
	Account   Account
	Direction Direction
	// Amount is positive.
	Amount money.Amount
}

// QuoteRequest asks what a transfer would cost at this institution.
type QuoteRequest struct {
	Reference Reference
	Account   Account
	Direction Direction
	// Amount is what is to be transferred, positive.
	Amount money.Amount
}

// Quote is what the institution charges. All amounts are in the currency of the request.
type Quote struct {
	Reference Reference
	Amount    money.Amount
	// Fee is what the institution takes, zero or above.
	Fee money.Amount
	// Commission is what the institution gives, zero or above.
	Commission money.Amount
	// Total is what the account is debited or credited by in the end.
	Total money.Amount
}

// HoldRequest asks to reserve money.
type HoldRequest struct {
	Reference Reference
	Account   Account
	// Amount is what to reserve, fees included; positive.
	Amount money.Amount
	// Expires is when the payment is surely over. It is no part of the body that makes a repeated reference a conflict: the first
	// expiry stays.
	Expires time.Time
}

// BookRequest asks to debit a hold.
type BookRequest struct {
	Reference Reference
	// Hold is the reference of the Hold.
	Hold Reference
	// Amount is positive and at most the held amount.
	Amount money.Amount
}

// ReleaseRequest asks to end a hold without a debit.
type ReleaseRequest struct {
	Reference Reference
	// Hold is the reference of the Hold.
	Hold Reference
}

// CreditRequest asks to add money to an account.
type CreditRequest struct {
	Reference Reference
	Account   Account
	// Amount is positive.
	Amount money.Amount
}

// ReverseRequest asks to undo a booking or credit wholly.
type ReverseRequest struct {
	Reference Reference
	// Original is the reference of the Book or Credit.
	Original Reference
	// Reason is for the books and people; no part of the body that makes a repeated reference a conflict.
	Reason string
}

// Receipt is the answer to every operation that was carried out. A repeat of the operation gets an equal receipt.
type Receipt struct {
	Reference Reference
	Operation Operation
	// Account is whose money was reserved or moved; empty when a fence was set (see Capabilities.Fences).
	Account Account
	// Amount is how much of it, never negative: of a Release what was given back, of a Reverse what was undone, zero for a fence.
	Amount money.Amount
	// At is when the system did it, by its own clock.
	At time.Time
}

// State is what has become of an operation.
type State string

// The states of an operation.
const (
	// StateNone: the system has never seen the reference.
	StateNone State = "NONE"
	// StateRejected: it was refused; the rejection is with it.
	StateRejected State = "REJECTED"
	// StateHeld: a hold that reserves its amount.
	StateHeld State = "HELD"
	// StateBooked: a hold that was booked, a booking or a credit that stands.
	StateBooked State = "BOOKED"
	// StateReleased: a hold that was released, or the release of it, or a hold that never came and was fenced.
	StateReleased State = "RELEASED"
	// StateReversed: a booking or credit that was reversed, or the reversal of it, or one that never came and was fenced.
	StateReversed State = "REVERSED"
)

// Status is what a system knows of an operation.
type Status struct {
	Reference Reference
	State     State
	// Operation is what the reference was used for; empty with StateNone.
	Operation Operation
	// Receipt is the answer the operation got when it was carried out; zero with StateNone and StateRejected.
	Receipt Receipt
	// Rejection is the answer it got when it was refused; zero otherwise.
	Rejection Rejection
	// Booked is how much of a hold was booked; zero otherwise.
	Booked money.Amount
	// Expires is the expiry of a hold, zero otherwise; Expired says that it still reserves money although its expiry is over.
	Expires time.Time
	Expired bool
	// By is the reference that ended or undid it: the booking or release of a hold, the reversal of a booking; empty otherwise.
	By Reference
}

// Balance is what is on an account: Available = Ledger - Held.
type Balance struct {
	Account   Account
	Ledger    money.Amount
	Held      money.Amount
	Available money.Amount
}

// StatementRequest asks for a page of an account's movements.
type StatementRequest struct {
	Account Account
	// After is the Sequence of the last line that the caller has; zero starts at the beginning.
	After int64
	// Limit is the most lines wanted, 1 to 1000; zero means 100.
	Limit int
}

// Line is one movement on a statement.
type Line struct {
	// Sequence orders the lines of a system; it has gaps within an account.
	Sequence  int64
	At        time.Time
	Reference Reference
	Operation Operation
	// Amount is signed: below zero for a debit.
	Amount money.Amount
	// Balance is the ledger balance after the movement.
	Balance money.Amount
}

// Statement is a page of movements, oldest first. More says that there are further lines after the last one.
type Statement struct {
	Account Account
	Lines   []Line
	More    bool
}
