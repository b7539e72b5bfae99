// Package flowstest holds the scenarios of the ready flows: payments in which every account system answers as written,
// for engines of any kind to run and be compared by.
package flowstest

// Scenario is one payment: what the account systems answer, in order, and how it must end. A step is one of
//
//	JOB OUTCOME [CODE]     the next job of the type (without its "ams.") is answered so
//	JOB late               nobody answers the job
//	advance DURATION       time passes
//	operator OP DECISION   a person decides about an operation
type Scenario struct {
	Name  string
	Steps []string
	State string // of the payment, at the end
	By    string // a state that it must have been in on the way; "" for none
}

// The ways of a payment that begin alike.
var (
	toQuote  = []string{"lookup done", "lookup done"}
	toHold   = append(clone(toQuote), "quote done")
	toCredit = append(clone(toHold), "hold done")
	toBook   = append(clone(toCredit), "credit done")
	toFree   = append(clone(toCredit), "credit rejected ACCOUNT_CLOSED")
)

func clone[T any](s []T) []T { return append([]T{}, s...) }

func then(begin []string, steps ...string) []string { return append(clone(begin), steps...) }

// Scenarios are all there are; together they take every sequence flow of every ready flow.
func Scenarios() []Scenario { return clone(scenarios) }

var scenarios = []Scenario{
	{Name: "the payment goes through", Steps: then(toBook, "book done"), State: "COMMITTED"},

	{Name: "payer unknown", Steps: []string{"lookup rejected PARTY_NOT_FOUND"}, State: "ABORTED"},
	{Name: "payee unknown", Steps: []string{"lookup done", "lookup rejected PARTY_NOT_FOUND"}, State: "ABORTED"},
	{Name: "payee may not receive", Steps: then(toQuote, "quote rejected LIMIT_EXCEEDED"), State: "ABORTED"},
	{Name: "no answer about the payer", Steps: []string{"lookup late", "advance 31s"}, State: "ABORTED"},
	{Name: "no answer about the payee", Steps: []string{"lookup done", "lookup late", "advance 31s"}, State: "ABORTED"},
	{Name: "no quote", Steps: then(toQuote, "quote late", "advance 31s"), State: "ABORTED"},

	{Name: "too little money", Steps: then(toHold, "hold rejected INSUFFICIENT_FUNDS"), State: "ABORTED"},
	{Name: "hold unknown, it was there", Steps: then(toHold, "hold unknown", "status done", "credit done", "book done"), State: "COMMITTED"},
	{Name: "hold unknown, it was refused", Steps: then(toHold, "hold unknown", "status rejected INSUFFICIENT_FUNDS", "release done"), State: "ABORTED"},
	{Name: "hold unknown, no trace of it: fenced, for it may still land", Steps: then(toHold, "hold unknown", "status none", "advance 6s", "release done"), State: "ABORTED"},
	{Name: "hold unknown for a while", Steps: then(toHold, "hold unknown", "status unknown", "advance 6s", "status unknown", "advance 11s", "status done", "credit done", "book done"), State: "COMMITTED"},
	{Name: "hold unknown, a person finds it", Steps: then(toHold, "hold unknown", "status unknown", "operator hold done", "credit done", "book done"), State: "COMMITTED"},
	{Name: "hold unknown, a person rules it out", Steps: then(toHold, "hold unknown", "status unknown", "operator hold rejected", "release done"), State: "ABORTED"},
	{Name: "no answer to the hold, it is there", Steps: then(toHold, "hold late", "advance 31s", "status done", "credit done", "book done"), State: "COMMITTED"},
	{Name: "no answer to the hold, no trace of it", Steps: then(toHold, "hold late", "advance 31s", "status none", "advance 6s", "release done"), State: "ABORTED"},

	{Name: "payee refuses", Steps: then(toFree, "release done"), State: "ABORTED", By: "RESERVED"},
	{Name: "credit unknown, it was there", Steps: then(toCredit, "credit unknown", "status done", "book done"), State: "COMMITTED"},
	{Name: "credit unknown, it was refused", Steps: then(toCredit, "credit unknown", "status rejected ACCOUNT_CLOSED", "release done"), State: "ABORTED"},
	{Name: "credit unknown, no trace of it: sent again with its key", Steps: then(toCredit, "credit unknown", "status none", "advance 6s", "credit done", "book done"), State: "COMMITTED"},
	{Name: "credit unknown twice, pauses go on growing", Steps: then(toCredit, "credit unknown", "status none", "advance 6s", "credit unknown", "status unknown", "advance 6s", "advance 5s", "status done", "book done"), State: "COMMITTED"},
	{Name: "credit unknown, a person finds it", Steps: then(toCredit, "credit unknown", "status unknown", "operator credit done", "book done"), State: "COMMITTED"},
	{Name: "credit unknown, a person rules it out", Steps: then(toCredit, "credit unknown", "status unknown", "operator credit rejected", "release done"), State: "ABORTED"},
	{Name: "credit unknown, a person has it asked for again at once", Steps: then(toCredit, "credit unknown", "status unknown", "operator credit retry", "status done", "book done"), State: "COMMITTED"},
	{Name: "a decision about another operation decides nothing", Steps: then(toCredit, "credit unknown", "status unknown", "operator book rejected", "advance 6s", "status done", "book done"), State: "COMMITTED"},
	{Name: "credit unknown for an hour: nothing is released", Steps: then(toCredit, "credit unknown", "status unknown", "advance 1h", "status unknown", "advance 1h", "status unknown", "advance 1h", "status done", "book done"), State: "COMMITTED"},

	{Name: "booking refused, then taken", Steps: then(toBook, "book rejected ACCOUNT_FROZEN", "status rejected ACCOUNT_FROZEN", "advance 6s", "book done"), State: "COMMITTED", By: "IN_DOUBT"},
	{Name: "booking unknown, it was there", Steps: then(toBook, "book unknown", "status done"), State: "COMMITTED", By: "IN_DOUBT"},
	{Name: "booking unknown, no trace of it, a person posts it", Steps: then(toBook, "book unknown", "status none", "operator book done"), State: "COMMITTED", By: "IN_DOUBT"},
	{Name: "booking unknown, a person rules it out: it is sent again", Steps: then(toBook, "book unknown", "status unknown", "operator book rejected", "book done"), State: "COMMITTED", By: "IN_DOUBT"},

	{Name: "release unknown, it was there", Steps: then(toFree, "release unknown", "status done"), State: "ABORTED", By: "IN_DOUBT"},
	{Name: "release unknown, no trace of it: sent again", Steps: then(toFree, "release unknown", "status none", "advance 6s", "release done"), State: "ABORTED"},
}
