package contract

// The job types of account systems. One handler serves all tenants: the request says whose ledger is meant.
const (
	JobLookup  = "ams.lookup"  // LookupRequest → LookupResult: whose account is this party's? A read.
	JobQuote   = "ams.quote"   // QuoteRequest → QuoteResult: may this amount arrive, and what does it cost? A read.
	JobHold    = "ams.hold"    // HoldRequest → Result: reserve the payer's money.
	JobCredit  = "ams.credit"  // CreditRequest → Result: put money on the payee's account.
	JobBook    = "ams.book"    // BookRequest → Result: turn a hold into a debit.
	JobRelease = "ams.release" // ReleaseRequest → Result: give a hold back, and fence its key.
	JobStatus  = "ams.status"  // StatusRequest → Result: what became of an operation? A read.
)

// JobTypes lists every job type of the vocabulary.
func JobTypes() []string {
	return []string{JobLookup, JobQuote, JobHold, JobCredit, JobBook, JobRelease, JobStatus}
}

// Operation names a money-moving job in keys and status questions.
type Operation string

// The operations that have a key, one per transaction, see [Key]. All but the quote move or reserve money.
const (
	OpQuote   Operation = "quote"
	OpHold    Operation = "hold"
	OpCredit  Operation = "credit"
	OpBook    Operation = "book"
	OpRelease Operation = "release"
)

// Operations lists every operation.
func Operations() []Operation { return []Operation{OpQuote, OpHold, OpCredit, OpBook, OpRelease} }

// Key is the idempotency key of an operation at an account system: it derives from the transaction and the
// operation, never from the attempt, so that a retry, another worker or a restart always sends the same one.
func Key(transactionID string, op Operation) string { return transactionID + ":" + string(op) }
