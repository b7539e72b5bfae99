package amstest

import (
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
)

// twin is the contract as slowly and obviously as it can be said: a list of what happened, searched from the start for every
// question. It knows kinds of outcomes, not receipts.
type twin struct {
	standing map[ams.Account]ams.Standing
	opening  map[ams.Account]int64
	history  []event
	asked    []ask
}

// event is one reference and what became of it.
type event struct {
	reference ams.Reference
	operation ams.Operation
	body      string
	done      bool
	account   ams.Account
	amount    int64
	target    ams.Reference
	fence     bool
}

// ask is one random question to both.
type ask struct {
	operation ams.Operation
	reference ams.Reference
	account   ams.Account
	amount    int64
	euro      bool
	target    ams.Reference
}

func (a ask) body() string {
	return fmt.Sprint(a.operation, a.account, a.amount, a.euro, a.target)
}

func (w *twin) find(reference ams.Reference) *event {
	for i := range w.history {
		if w.history[i].reference == reference {
			return &w.history[i]
		}
	}
	return nil
}

// ended finds what ended a hold or undid a movement.
func (w *twin) ended(target ams.Reference, operations ...ams.Operation) *event {
	for i := range w.history {
		e := &w.history[i]
		for _, operation := range operations {
			if e.done && e.target == target && e.operation == operation && e.amount > 0 {
				return e
			}
		}
	}
	return nil
}

func (w *twin) balance(account ams.Account) (ledger, held int64) {
	ledger = w.opening[account]
	for _, e := range w.history {
		if !e.done || e.account != account {
			continue
		}
		switch e.operation {
		case ams.OperationBook:
			ledger -= e.amount
		case ams.OperationCredit:
			ledger += e.amount
		case ams.OperationReverse:
			if w.find(e.target).operation == ams.OperationBook {
				ledger += e.amount
			} else {
				ledger -= e.amount
			}
		case ams.OperationHold:
			if w.ended(e.reference, ams.OperationBook, ams.OperationRelease) == nil {
				held += e.amount
			}
		}
	}
	return ledger, held
}

// carry says whether what is asked is carried out, and notes it.
func (w *twin) carry(a ask) bool {
	if a.target == a.reference {
		return false
	}
	if known := w.find(a.reference); known != nil {
		return !known.fence && known.operation == a.operation && known.body == a.body() && known.done
	}
	e := event{reference: a.reference, operation: a.operation, body: a.body(), target: a.target}
	var fence *event
	e.done, fence = w.decide(a, &e)
	if !e.done {
		e.amount = 0
	}
	w.history = append(w.history, e)
	if fence != nil {
		w.history = append(w.history, *fence)
	}
	return e.done
}

func (w *twin) decide(a ask, e *event) (done bool, fence *event) {
	switch a.operation {
	case ams.OperationHold:
		ledger, held := w.balance(a.account)
		e.account, e.amount = a.account, a.amount
		return w.standing[a.account] == ams.StandingOpen && !a.euro && ledger-held >= a.amount, nil
	case ams.OperationCredit:
		e.account, e.amount = a.account, a.amount
		return w.standing[a.account] == ams.StandingOpen && !a.euro, nil
	case ams.OperationBook:
		hold := w.find(a.target)
		if hold == nil || hold.operation != ams.OperationHold || !hold.done {
			return false, nil
		}
		e.account, e.amount = hold.account, a.amount
		return !a.euro && a.amount <= hold.amount && w.ended(a.target, ams.OperationBook, ams.OperationRelease) == nil, nil
	case ams.OperationRelease:
		return w.decideRelease(a, e)
	default:
		return w.decideReverse(a, e)
	}
}

func (w *twin) decideRelease(a ask, e *event) (done bool, fence *event) {
	hold := w.find(a.target)
	switch {
	case hold == nil:
		return true, &event{reference: a.target, fence: true, operation: ams.OperationHold}
	case hold.fence || hold.operation != ams.OperationHold:
		return false, nil
	case !hold.done:
		return true, nil
	}
	e.account, e.amount = hold.account, hold.amount
	return w.ended(a.target, ams.OperationBook, ams.OperationRelease) == nil, nil
}

func (w *twin) decideReverse(a ask, e *event) (done bool, fence *event) {
	original := w.find(a.target)
	switch {
	case original == nil:
		return true, &event{reference: a.target, fence: true, operation: ams.OperationReverse}
	case original.fence || original.operation != ams.OperationBook && original.operation != ams.OperationCredit:
		return false, nil
	case !original.done:
		return true, nil
	}
	ledger, held := w.balance(original.account)
	e.account, e.amount = original.account, original.amount
	spent := original.operation == ams.OperationCredit && ledger-held < original.amount
	return !spent && w.ended(a.target, ams.OperationReverse) == nil, nil
}

// state is what status should say.
func (w *twin) state(reference ams.Reference) ams.State {
	e := w.find(reference)
	switch {
	case e == nil:
		return ams.StateNone
	case e.fence && e.operation == ams.OperationHold:
		return ams.StateReleased
	case e.fence:
		return ams.StateReversed
	case !e.done:
		return ams.StateRejected
	}
	switch e.operation {
	case ams.OperationHold:
		if end := w.ended(reference, ams.OperationBook, ams.OperationRelease); end == nil {
			return ams.StateHeld
		} else if end.operation == ams.OperationRelease {
			return ams.StateReleased
		}
		return ams.StateBooked
	case ams.OperationRelease:
		return ams.StateReleased
	case ams.OperationReverse:
		return ams.StateReversed
	}
	if w.ended(reference, ams.OperationReverse) != nil {
		return ams.StateReversed
	}
	return ams.StateBooked
}
