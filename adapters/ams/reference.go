package ams

import "fmt"

// Operation is what a reference is about.
type Operation string

// The operations. The first eight can be told apart at a system; the reads are named so that faults and metrics can name them.
const (
	OperationQuote       Operation = "quote"
	OperationHold        Operation = "hold"
	OperationBook        Operation = "book"
	OperationRelease     Operation = "release"
	OperationCredit      Operation = "credit"
	OperationReverse     Operation = "reverse"
	OperationLookupParty Operation = "lookup-party"
	OperationValidate    Operation = "validate"
	OperationStatus      Operation = "status"
	OperationBalance     Operation = "balance"
	OperationStatement   Operation = "statement"
)

// Reference is payhub's own name for one operation of one transfer at one account system, at most MaxReference bytes. It is the
// idempotency key and what Status is asked by. It is the same in every attempt, by whichever worker, after any restart.
type Reference string

// MaxReference is the most bytes a reference may have.
const MaxReference = 128

// ReferenceOf derives the reference of an operation of a transfer. transferID is unique among all transfers of the tenant.
func ReferenceOf(transferID string, operation Operation) Reference {
	return Reference(transferID + ":" + string(operation))
}

// Check says what is wrong with a reference, nil when nothing is.
func (r Reference) Check() error {
	if r == "" {
		return fmt.Errorf("the reference is empty (derive it from the transfer and the operation)")
	}
	if len(r) > MaxReference {
		return fmt.Errorf("the reference has %d bytes, at most %d are allowed", len(r), MaxReference)
	}
	return nil
}
