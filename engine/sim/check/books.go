package check

// Books are the ledgers behind a workload and the payments that it made, at the end. Amounts are in minor units of one
// currency.
type Books struct {
	Ledgers  []Ledger
	Payments []Payment
}

// Ledger is the books of one institution.
type Ledger struct {
	Name     string
	Accounts []Account
	Holds    []Hold
	Postings []Posting
}

// Account is an account. Customer is false for those that stand for the institution and the scheme.
type Account struct {
	ID                     string
	Customer               bool
	Opening, Balance, Held int64
}

// Hold is money set aside under a key.
type Hold struct {
	Key, Account string
	Amount       int64
	Open         bool
}

// Posting is what one operation moved on one account.
type Posting struct {
	Transaction, Operation, Account string // operation: book, credit
	Amount                          int64
}

// Payment is what a client asked for and how it came out.
type Payment struct {
	Transaction string
	// Payer and Payee are the ledgers, by name.
	Payer, Payee string
	Amount       int64
	// State is the truth that the system tells: COMMITTED, ABORTED, or anything else while it is neither.
	State string
	// Doomed says that it cannot succeed.
	Doomed bool
	// Acknowledged says that a client was told that it is accepted.
	Acknowledged bool
}
