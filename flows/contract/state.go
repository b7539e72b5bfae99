package contract

import "encoding/json"

// State is the truth about a payment's money, as far as it is known.
type State string

// The states.
const (
	Received  State = "RECEIVED"  // accepted; no money is held or moved
	Reserved  State = "RESERVED"  // the payer's money is held
	Committed State = "COMMITTED" // the payee is credited and the payer debited
	Aborted   State = "ABORTED"   // no money moved, nothing is held, and nothing can happen any more
	InDoubt   State = "IN_DOUBT"  // a policy or a person has to find out or decide
)

// Final says whether the state can never change again.
func (s State) Final() bool { return s == Committed || s == Aborted }

// Status is a payment's state and why.
type Status struct {
	State  State
	Code   Code   // of Aborted: what was rejected
	Step   string // the variable that decided, e.g. VarHold; empty for Received
	Reason string // of Aborted and InDoubt: one sentence for a person, no personal data
}

// Steps is what ledgers (or an operator in their place) have answered so far. The zero Outcome means that no answer
// is there yet.
type Steps struct {
	PayerLookup Result `json:"payerLookup"`
	PayeeLookup Result `json:"payeeLookup"`
	Quote       Result `json:"quote"`
	Hold        Result `json:"hold"`
	Credit      Result `json:"credit"`
	Book        Result `json:"book"`
	Release     Result `json:"release"`
}

// PaymentState reads the state of a payment from its root variables, a JSON object. Only answers of ledgers count,
// never end events or names of elements. Variables that cannot be read give IN_DOUBT: nothing may be concluded.
func PaymentState(variables []byte) Status {
	var s Steps
	if len(variables) > 0 {
		if err := json.Unmarshal(variables, &s); err != nil {
			return Status{State: InDoubt, Reason: "the payment's variables cannot be read: " + err.Error()}
		}
	}
	return s.Status()
}

// Status decides. The rules, first match wins:
//
//   - credited and booked is COMMITTED; credited or booked alone is IN_DOUBT, because half of the money has moved;
//   - a hold that the ledger refused is ABORTED (a person's word needs a release that fences the hold);
//   - an unknown credit, booking, hold or release is IN_DOUBT;
//   - a release beside a credit that could still arrive is IN_DOUBT: it must never happen;
//   - released, or refused before anything was held, is ABORTED;
//   - held is RESERVED, anything else RECEIVED.
func (s Steps) Status() Status {
	if st, ok := s.moved(); ok {
		return st
	}
	if s.Credit.Outcome != Unknown && s.Book.Outcome != Unknown && s.refusedByLedger() {
		return aborted(VarHold, s.Hold) // whatever becomes of the release that follows to be on the safe side
	}
	if st, ok := s.unknown(); ok {
		return st
	}
	switch {
	case s.Release.Outcome == Done:
		return s.released()
	case s.Release.Outcome == Rejected:
		return doubt(VarRelease, "the hold could not be released: "+s.Release.why())
	case s.Hold.Outcome == Done:
		return Status{State: Reserved, Step: VarHold}
	case s.Hold.Outcome == None:
		return Status{State: Received, Step: VarHold} // being fenced by a release
	}
	return s.beforeHold()
}

// moved decides what follows once a ledger said that money moved.
func (s Steps) moved() (Status, bool) {
	credited, booked := s.Credit.Outcome == Done, s.Book.Outcome == Done
	switch {
	case !credited && !booked:
		return Status{}, false
	case s.Release.Outcome == Done:
		return doubt(VarRelease, "the hold was released although money moved"), true
	case credited && booked:
		return Status{State: Committed, Step: VarBook}, true
	case credited:
		return doubt(VarBook, "the payee is credited and the payer's hold is not booked: "+s.Book.why()), true
	default:
		return doubt(VarCredit, "the payer is debited and the payee is not credited: "+s.Credit.why()), true
	}
}

// unknown finds a money operation without a trustworthy answer. The credit comes first: it weighs most. A hold that
// a release has fenced since is known well enough.
func (s Steps) unknown() (Status, bool) {
	switch {
	case s.Credit.Outcome == Unknown:
		return doubt(VarCredit, "it is not known whether the payee is credited"), true
	case s.Book.Outcome == Unknown:
		return doubt(VarBook, "it is not known whether the payer is debited"), true
	case s.Release.Outcome == Unknown:
		return doubt(VarRelease, "it is not known whether the hold is released"), true
	case s.Hold.Outcome == Unknown && s.Release.Outcome != Done:
		return doubt(VarHold, "it is not known whether the payer's money is held"), true
	case s.Hold.Outcome == Rejected && !s.refusedByLedger() && s.Release.Outcome != Done:
		return doubt(VarHold, "a person ruled the hold out, and the ledger has not released it yet"), true
	}
	return Status{}, false
}

// refusedByLedger says whether the ledger itself refused the hold: nothing can be held then, ever.
func (s Steps) refusedByLedger() bool {
	return s.Hold.Outcome == Rejected && s.Hold.Source != SourceOperator
}

// released decides after a release: the payment is over if nothing was sent to the payee, or was refused there.
func (s Steps) released() Status {
	switch {
	case s.Credit.Outcome == None:
		return doubt(VarRelease, "the hold was released although the credit may still arrive")
	case s.Credit.Outcome == Rejected:
		return aborted(VarCredit, s.Credit)
	case s.Hold.Outcome == Rejected:
		return aborted(VarHold, s.Hold)
	}
	return aborted(VarHold, Result{Code: CodeTimeout, Reason: "the payer's account system gave no answer in time"})
}

func (s Steps) beforeHold() Status {
	for _, step := range []struct {
		name string
		Result
	}{{VarPayerLookup, s.PayerLookup}, {VarPayeeLookup, s.PayeeLookup}, {VarQuote, s.Quote}} {
		if step.Outcome == Rejected {
			return aborted(step.name, step.Result)
		}
	}
	return Status{State: Received}
}

// Ended is the status of a payment whose flow has ended, also by cancellation. A payment that was not final then
// never becomes it by itself.
func (s Status) Ended() Status {
	if s.State.Final() || s.State == InDoubt {
		return s
	}
	return doubt(s.Step, "the flow ended while the payment was "+string(s.State))
}

// Stuck is the status of a payment whose flow has an incident: it goes on only when a person has mended the cause.
// With money held that is in doubt.
func (s Status) Stuck() Status {
	if s.State != Reserved {
		return s
	}
	return doubt(s.Step, "the payer's money is held, and the flow waits for a person: it has an incident")
}

func doubt(step, reason string) Status { return Status{State: InDoubt, Step: step, Reason: reason} }

func aborted(step string, r Result) Status {
	code := r.Code
	if code == "" {
		code = CodeOther
	}
	return Status{State: Aborted, Code: code, Step: step, Reason: r.why()}
}

// why puts a result that is not done into words.
func (r Result) why() string {
	switch {
	case r.Reason != "":
		return r.Reason
	case r.Code != "":
		return string(r.Code)
	case r.Outcome == "":
		return "no answer yet"
	}
	return string(r.Outcome)
}
