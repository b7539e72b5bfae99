package ams

// Code says why an account system refused, in words that are the same for every system. Flows branch on codes, never on reasons.
type Code string

// The codes of a rejection.
const (
	// CodePartyNotFound: no account has this alias.
	CodePartyNotFound Code = "PARTY_NOT_FOUND"
	// CodeAccountNotFound: there is no such account.
	CodeAccountNotFound Code = "ACCOUNT_NOT_FOUND"
	// CodeAccountClosed: the account has been closed for good.
	CodeAccountClosed Code = "ACCOUNT_CLOSED"
	// CodeAccountFrozen: the account takes no new movement for now.
	CodeAccountFrozen Code = "ACCOUNT_FROZEN"
	// CodeCurrencyMismatch: the account, hold or original is in another currency.
	CodeCurrencyMismatch Code = "CURRENCY_MISMATCH"
	// CodeInsufficientFunds: less is available than is asked for.
	CodeInsufficientFunds Code = "INSUFFICIENT_FUNDS"
	// CodeHoldNotFound: no hold has this reference.
	CodeHoldNotFound Code = "HOLD_NOT_FOUND"
	// CodeHoldBooked: the hold has been booked.
	CodeHoldBooked Code = "HOLD_BOOKED"
	// CodeHoldReleased: the hold has been released, or its release came before it.
	CodeHoldReleased Code = "HOLD_RELEASED"
	// CodeAmountOverHold: more is to be booked than is held.
	CodeAmountOverHold Code = "AMOUNT_OVER_HOLD"
	// CodeOriginalNotFound: there is no booking or credit with this reference.
	CodeOriginalNotFound Code = "ORIGINAL_NOT_FOUND"
	// CodeAlreadyReversed: the booking or credit has been reversed, or its reversal came before it.
	CodeAlreadyReversed Code = "ALREADY_REVERSED"
	// CodeNotReversible: the original is not a booking or credit that moved money.
	CodeNotReversible Code = "NOT_REVERSIBLE"
	// CodeReferenceConflict: the reference belongs to an operation with another body. Nothing was done under it now.
	CodeReferenceConflict Code = "REFERENCE_CONFLICT"
	// CodeInvalidRequest: the request says nothing that could be carried out: no reference, no account, no positive amount.
	CodeInvalidRequest Code = "INVALID_REQUEST"
	// CodeLimitExceeded: a rule of the institution (limits, compliance) forbids it.
	CodeLimitExceeded Code = "LIMIT_EXCEEDED"
	// CodeUnsupported: the system cannot do this (see Capabilities).
	CodeUnsupported Code = "UNSUPPORTED"
)

// Rejection is a definite no of an account system. It is an error, so that it can travel as one.
type Rejection struct {
	// Code is what flows branch on.
	Code Code
	// Reason is for people: what is wrong, where.
	Reason string
}

// Error gives code and reason.
func (r Rejection) Error() string { return string(r.Code) + ": " + r.Reason }
