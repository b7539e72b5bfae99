package contract

// Party names a person or business in a scheme's terms. The JSON names are those of partyIdInfo in the channel API.
type Party struct {
	Type  string `json:"partyIdType"`                // MSISDN, EMAIL, PERSONAL_ID, BUSINESS, DEVICE, ACCOUNT_ID, IBAN, ALIAS
	ID    string `json:"partyIdentifier"`            // as the scheme writes it, e.g. 27713803912
	SubID string `json:"partySubIdOrType,omitempty"` // a sub-identifier, mostly empty
	FSP   string `json:"fspId,omitempty"`            // the institution, when the caller knows it
}

// Amount is money: a decimal string such as "10.50" and an ISO 4217 currency.
type Amount struct {
	Value    string `json:"amount"`
	Currency string `json:"currency"`
}

// Outcome says what an operation came to. It is a closed set: an account system never answers with an exception.
type Outcome string

// The outcomes. A read (look-up, quote) answers Done or Rejected only: a read without an answer is simply retried. Only Done, Rejected and None let a flow decide about money; Unknown is asked for until it is known.
const (
	Done     Outcome = "done"     // it has happened, once; Reference names it in the ledger
	Rejected Outcome = "rejected" // it has definitely not happened and never will; Code says why
	Unknown  Outcome = "unknown"  // it may have happened: ask JobStatus, never assume
	None     Outcome = "none"     // answer of JobStatus only: no trace of it so far; the same key may be sent again
)

// Result is what every job of the vocabulary answers in the variable result.
type Result struct {
	Outcome   Outcome `json:"outcome"`
	Reference string  `json:"reference,omitempty"` // the ledger's own id of what was done
	Code      Code    `json:"code,omitempty"`      // why it was rejected
	Reason    string  `json:"reason,omitempty"`    // the same for a person; no personal data
	Source    string  `json:"source,omitempty"`    // who says so, when it was not the ledger: SourceOperator, SourceTimer
}

// Sources of a result that no ledger gave.
const (
	SourceOperator = "operator" // a person decided, see MessageOperatorDecision
	SourceTimer    = "timer"    // the time for an answer ran out
)

// LookupRequest asks one tenant's account system for the account of a party.
type LookupRequest struct {
	Tenant   string `json:"tenant"`
	Party    Party  `json:"party"`
	Currency string `json:"currency"` // the account must be able to hold it
}

// LookupResult names the account. Rejected with CodePartyNotFound when there is none.
type LookupResult struct {
	Result
	Account string `json:"account,omitempty"` // the account system's own reference of the account
	Name    string `json:"name,omitempty"`    // to show to the payer: personal data
}

// QuoteRequest asks the payee's account system whether an amount may arrive and what it charges its customer for it.
type QuoteRequest struct {
	Tenant  string `json:"tenant"`
	Key     string `json:"key"` // Key(transactionId, OpQuote)
	Account string `json:"account"`
	Amount  Amount `json:"amount"`
}

// QuoteResult is the answer. The fee is between the institution and its customer: hold, credit and booking are always of the
// whole amount, so that both ledgers agree.
type QuoteResult struct {
	Result
	Fee Amount `json:"fee"`
}

// HoldRequest reserves Amount on Account. Rejected with CodeInsufficientFunds when the available balance is smaller.
type HoldRequest struct {
	Tenant  string `json:"tenant"`
	Key     string `json:"key"` // Key(transactionId, OpHold)
	Account string `json:"account"`
	Amount  Amount `json:"amount"`
}

// CreditRequest puts Amount on Account.
type CreditRequest struct {
	Tenant  string `json:"tenant"`
	Key     string `json:"key"` // Key(transactionId, OpCredit)
	Account string `json:"account"`
	Amount  Amount `json:"amount"`
}

// BookRequest turns the hold named by HoldKey into a debit.
type BookRequest struct {
	Tenant  string `json:"tenant"`
	Key     string `json:"key"`     // Key(transactionId, OpBook)
	HoldKey string `json:"holdKey"` // Key(transactionId, OpHold)
	Amount  Amount `json:"amount"`
}

// ReleaseRequest gives the hold named by HoldKey back. It is Done also when there is no such hold; from then on the
// hold key is fenced: a hold with it that arrives late is Rejected with CodeHoldReleased. Rejected with CodeHoldBooked
// when the hold was booked.
type ReleaseRequest struct {
	Tenant  string `json:"tenant"`
	Key     string `json:"key"`     // Key(transactionId, OpRelease)
	HoldKey string `json:"holdKey"` // Key(transactionId, OpHold)
}

// StatusRequest asks what became of the operation that was sent with Key. The answer's Outcome is about that
// operation: Done, Rejected, None, or Unknown when even the question got no trustworthy answer.
type StatusRequest struct {
	Tenant    string    `json:"tenant"`
	Operation Operation `json:"operation"`
	Key       string    `json:"key"`
}

// Request is the variable a job of the vocabulary reads. T is one of the request types.
type Request[T any] struct {
	Request T `json:"request"`
}

// Answer is the variable a job of the vocabulary sets. T is [Result], [LookupResult] or [QuoteResult].
type Answer[T any] struct {
	Result T `json:"result"`
}
