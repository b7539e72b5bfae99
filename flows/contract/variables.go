package contract

// The variables of a payment that account-system flows read and write, at the root of the instance.
const (
	VarTransactionID = "transactionId" // the hub's id of the payment; all keys at account systems derive from it
	VarTenant        = "tenantId"      // the payer's tenant; reserved, set by the hub alone
	VarPayeeTenant   = "payeeTenantId" // the payee's tenant
	VarPayer         = "payer"         // Party
	VarPayee         = "payee"         // Party
	VarAmount        = "amount"        // Amount

	VarPayerLookup = "payerLookup" // LookupResult
	VarPayeeLookup = "payeeLookup" // LookupResult
	VarQuote       = "quote"       // QuoteResult
	VarHold        = "hold"        // Result
	VarCredit      = "credit"      // Result
	VarBook        = "book"        // Result
	VarRelease     = "release"     // Result

	VarRetryDelay = "retryDelay" // seconds until an unanswered question is asked again; doubles up to five minutes
)

// The variables that live inside one element or one called process only.
const (
	VarRequest   = "request"   // what a job is asked, see Request
	VarResult    = "result"    // what a job answers, see Answer
	VarTenantArg = "tenant"    // resolve-outcome: whose account system
	VarOperation = "operation" // resolve-outcome: which Operation
	VarKey       = "key"       // resolve-outcome: with which key it was sent
	VarAlsoFinal = "alsoFinal" // resolve-outcome: an Outcome beside Done that ends the search at once, or empty
	VarOperator  = "operator"  // OperatorDecision, from MessageOperatorDecision
)

// Variables lists every variable name that our flows may use.
func Variables() []string {
	return []string{
		VarTransactionID, VarTenant, VarPayeeTenant, VarPayer, VarPayee, VarAmount,
		VarPayerLookup, VarPayeeLookup, VarQuote, VarHold, VarCredit, VarBook, VarRelease, VarRetryDelay,
		VarRequest, VarResult, VarTenantArg, VarOperation, VarKey, VarAlsoFinal, VarOperator,
	}
}

// Start is what the hub sets when it starts a transfer. Beside our own variables it carries those of Payment Hub EE
// under their names and shapes, because existing flows and connectors read them; the first block is all that our
// own flows need.
type Start struct {
	TransactionID string `json:"transactionId"`
	Tenant        string `json:"tenantId"`
	PayeeTenant   string `json:"payeeTenantId"`
	Payer         Party  `json:"payer"`
	Payee         Party  `json:"payee"`
	Amount        Amount `json:"amount"`

	Compat
}

// Compat holds the start variables that only Payment Hub EE's flows and connectors read.
type Compat struct {
	ChannelRequest      string `json:"channelRequest"` // the request's JSON as text, not as an object
	OriginDate          int64  `json:"originDate"`     // ms since 1970 UTC
	IsRtpRequest        bool   `json:"isRtpRequest"`
	ClientCorrelationID string `json:"clientCorrelationId"`
	InitiatorFSP        string `json:"initiatorFspId"`
	DestinationFSP      string `json:"destinationFspId"`
	PartyIDType         string `json:"partyIdType"`
	PartyID             string `json:"partyId"`
	Currency            string `json:"currency"`
	Note                string `json:"note"`
	Initiator           string `json:"initiator"`
	InitiatorType       string `json:"initiatorType"`
	Scenario            string `json:"scenario"`
	BatchID             string `json:"batchId"`
	RegisteringInst     string `json:"X-Registering-Institution-ID"`
	ClientRefID         string `json:"clientRefId"`
}
