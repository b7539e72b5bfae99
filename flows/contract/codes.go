package contract

// Code says why an account system or the flow rejected something. It is the same for every account system; the hub
// turns it into the error code of the API that the caller used.
type Code string

// The codes. Those of account systems are the ones of package adapters/ams, so that a handler passes them on as they are; the
// last three are the flow's and the handler's own.
const (
	CodePartyNotFound     Code = "PARTY_NOT_FOUND"    // no account has this alias
	CodeAccountNotFound   Code = "ACCOUNT_NOT_FOUND"  // there is no such account
	CodeAccountClosed     Code = "ACCOUNT_CLOSED"     // closed for good
	CodeAccountFrozen     Code = "ACCOUNT_FROZEN"     // takes no new movement for now
	CodeCurrencyMismatch  Code = "CURRENCY_MISMATCH"  // the account or hold is in another currency
	CodeInsufficientFunds Code = "INSUFFICIENT_FUNDS" // less is available than is asked for
	CodeHoldNotFound      Code = "HOLD_NOT_FOUND"     // no hold has this key
	CodeHoldBooked        Code = "HOLD_BOOKED"        // release: the hold was booked
	CodeHoldReleased      Code = "HOLD_RELEASED"      // the hold was released, or its release came before it
	CodeAmountOverHold    Code = "AMOUNT_OVER_HOLD"   // more is to be booked than is held
	CodeOriginalNotFound  Code = "ORIGINAL_NOT_FOUND" // reverse: nothing has this key
	CodeAlreadyReversed   Code = "ALREADY_REVERSED"   // or the reversal came before it
	CodeNotReversible     Code = "NOT_REVERSIBLE"     // the original moved no money
	CodeReferenceConflict Code = "REFERENCE_CONFLICT" // the key was used before with another body
	CodeInvalidRequest    Code = "INVALID_REQUEST"    // the request says nothing that could be carried out
	CodeLimitExceeded     Code = "LIMIT_EXCEEDED"     // a rule of the institution forbids it
	CodeUnsupported       Code = "UNSUPPORTED"        // the account system cannot do this
	CodeUnknownTenant     Code = "UNKNOWN_TENANT"     // no account system is configured for this tenant
	CodeTimeout           Code = "TIMEOUT"            // no answer in time, and nothing can happen any more
	CodeOther             Code = "OTHER"              // see Reason
)

// Codes lists every code.
func Codes() []Code {
	return []Code{
		CodePartyNotFound, CodeAccountNotFound, CodeAccountClosed, CodeAccountFrozen, CodeCurrencyMismatch,
		CodeInsufficientFunds, CodeHoldNotFound, CodeHoldBooked, CodeHoldReleased, CodeAmountOverHold,
		CodeOriginalNotFound, CodeAlreadyReversed, CodeNotReversible, CodeReferenceConflict, CodeInvalidRequest,
		CodeLimitExceeded, CodeUnsupported, CodeUnknownTenant, CodeTimeout, CodeOther,
	}
}
