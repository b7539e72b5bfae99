package contract

// Code says why an account system or the flow rejected something. It is the same for every account system; the hub
// turns it into the error code of the API that the caller used.
type Code string

// The codes.
const (
	CodeNotFound          Code = "NotFound"          // no such party or account
	CodeAccountClosed     Code = "AccountClosed"     // the account takes part in nothing any more
	CodeAccountBlocked    Code = "AccountBlocked"    // the account may not be debited or credited now
	CodeWrongCurrency     Code = "WrongCurrency"     // the account does not hold this currency
	CodeInvalidAmount     Code = "InvalidAmount"     // not positive, or more digits than the currency has
	CodeInsufficientFunds Code = "InsufficientFunds" // the available balance is smaller than the amount
	CodeLimitExceeded     Code = "LimitExceeded"     // a limit of the account or the institution
	CodeConflict          Code = "Conflict"          // the key was used before with other content
	CodeHoldNotFound      Code = "HoldNotFound"      // book: there is no hold with this key
	CodeReleased          Code = "Released"          // the hold key was released and is fenced
	CodeBooked            Code = "Booked"            // release: the hold was booked
	CodeUnknownTenant     Code = "UnknownTenant"     // no account system is configured for this tenant
	CodeTimeout           Code = "Timeout"           // no answer in time, and nothing can happen any more
	CodeOther             Code = "Other"             // see Reason
)

// Codes lists every code.
func Codes() []Code {
	return []Code{
		CodeNotFound, CodeAccountClosed, CodeAccountBlocked, CodeWrongCurrency, CodeInvalidAmount,
		CodeInsufficientFunds, CodeLimitExceeded, CodeConflict, CodeHoldNotFound, CodeReleased, CodeBooked,
		CodeUnknownTenant, CodeTimeout, CodeOther,
	}
}
