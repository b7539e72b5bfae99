package flows_test

// scenario is one payment: what the account systems answer, in order, and how it must end. A step is one of
//
//	JOB OUTCOME [CODE]     the next job of the type (without its "ams.") is answered so
//	JOB late               nobody answers the job
//	advance DURATION       time passes
//	operator OP DECISION   a person decides about an operation
type scenario struct {
	name  string
	steps []string
	state string // of the payment, at the end
	by    string // a state that it must have been in on the way
}

// The ways of a payment that begin alike.
var (
	toQuote  = []string{"lookup done", "lookup done"}
	toHold   = append(clone(toQuote), "quote done")
	toCredit = append(clone(toHold), "hold done")
	toBook   = append(clone(toCredit), "credit done")
	toFree   = append(clone(toCredit), "credit rejected ACCOUNT_CLOSED")
)

func clone(s []string) []string { return append([]string{}, s...) }

func then(begin []string, steps ...string) []string { return append(clone(begin), steps...) }

var scenarios = []scenario{
	{name: "the payment goes through", steps: then(toBook, "book done"), state: "COMMITTED"},

	{name: "payer unknown", steps: []string{"lookup rejected PARTY_NOT_FOUND"}, state: "ABORTED"},
	{name: "payee unknown", steps: []string{"lookup done", "lookup rejected PARTY_NOT_FOUND"}, state: "ABORTED"},
	{name: "payee may not receive", steps: then(toQuote, "quote rejected LIMIT_EXCEEDED"), state: "ABORTED"},
	{name: "no answer about the payer", steps: []string{"lookup late", "advance 31s"}, state: "ABORTED"},
	{name: "no answer about the payee", steps: []string{"lookup done", "lookup late", "advance 31s"}, state: "ABORTED"},
	{name: "no quote", steps: then(toQuote, "quote late", "advance 31s"), state: "ABORTED"},

	{name: "too little money", steps: then(toHold, "hold rejected INSUFFICIENT_FUNDS"), state: "ABORTED"},
	{name: "hold unknown, it was there", steps: then(toHold, "hold unknown", "status done", "credit done", "book done"), state: "COMMITTED"},
	{name: "hold unknown, it was refused", steps: then(toHold, "hold unknown", "status rejected INSUFFICIENT_FUNDS", "release done"), state: "ABORTED"},
	{name: "hold unknown, no trace of it: fenced, for it may still land", steps: then(toHold, "hold unknown", "status none", "advance 6s", "release done"), state: "ABORTED"},
	{name: "hold unknown for a while", steps: then(toHold, "hold unknown", "status unknown", "advance 6s", "status unknown", "advance 11s", "status done", "credit done", "book done"), state: "COMMITTED"},
	{name: "hold unknown, a person finds it", steps: then(toHold, "hold unknown", "status unknown", "operator hold done", "credit done", "book done"), state: "COMMITTED"},
	{name: "hold unknown, a person rules it out", steps: then(toHold, "hold unknown", "status unknown", "operator hold rejected", "release done"), state: "ABORTED"},
	{name: "no answer to the hold, it is there", steps: then(toHold, "hold late", "advance 31s", "status done", "credit done", "book done"), state: "COMMITTED"},
	{name: "no answer to the hold, no trace of it", steps: then(toHold, "hold late", "advance 31s", "status none", "advance 6s", "release done"), state: "ABORTED"},

	{name: "payee refuses", steps: then(toFree, "release done"), state: "ABORTED", by: "RESERVED"},
	{name: "credit unknown, it was there", steps: then(toCredit, "credit unknown", "status done", "book done"), state: "COMMITTED"},
	{name: "credit unknown, it was refused", steps: then(toCredit, "credit unknown", "status rejected ACCOUNT_CLOSED", "release done"), state: "ABORTED"},
	{name: "credit unknown, no trace of it: sent again with its key", steps: then(toCredit, "credit unknown", "status none", "advance 6s", "credit done", "book done"), state: "COMMITTED"},
	{name: "credit unknown twice, pauses go on growing", steps: then(toCredit, "credit unknown", "status none", "advance 6s", "credit unknown", "status unknown", "advance 6s", "advance 5s", "status done", "book done"), state: "COMMITTED"},
	{name: "credit unknown, a person finds it", steps: then(toCredit, "credit unknown", "status unknown", "operator credit done", "book done"), state: "COMMITTED"},
	{name: "credit unknown, a person rules it out", steps: then(toCredit, "credit unknown", "status unknown", "operator credit rejected", "release done"), state: "ABORTED"},
	{name: "credit unknown, a person has it asked for again at once", steps: then(toCredit, "credit unknown", "status unknown", "operator credit retry", "status done", "book done"), state: "COMMITTED"},
	{name: "a decision about another operation decides nothing", steps: then(toCredit, "credit unknown", "status unknown", "operator book rejected", "advance 6s", "status done", "book done"), state: "COMMITTED"},
	{name: "credit unknown for an hour: nothing is released", steps: then(toCredit, "credit unknown", "status unknown", "advance 1h", "status unknown", "advance 1h", "status unknown", "advance 1h", "status done", "book done"), state: "COMMITTED"},

	{name: "booking refused, then taken", steps: then(toBook, "book rejected ACCOUNT_FROZEN", "status rejected ACCOUNT_FROZEN", "advance 6s", "book done"), state: "COMMITTED", by: "IN_DOUBT"},
	{name: "booking unknown, it was there", steps: then(toBook, "book unknown", "status done"), state: "COMMITTED", by: "IN_DOUBT"},
	{name: "booking unknown, no trace of it, a person posts it", steps: then(toBook, "book unknown", "status none", "operator book done"), state: "COMMITTED", by: "IN_DOUBT"},
	{name: "booking unknown, a person rules it out: it is sent again", steps: then(toBook, "book unknown", "status unknown", "operator book rejected", "book done"), state: "COMMITTED", by: "IN_DOUBT"},

	{name: "release unknown, it was there", steps: then(toFree, "release unknown", "status done"), state: "ABORTED", by: "IN_DOUBT"},
	{name: "release unknown, no trace of it: sent again", steps: then(toFree, "release unknown", "status none", "advance 6s", "release done"), state: "ABORTED"},
}
