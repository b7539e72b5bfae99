package crash

import (
	"fmt"
	"slices"
	"strings"

	"github.com/payhub/payhub/test/books"
)

// evidence is what a run is judged by.
type evidence struct {
	notes []note
	// listed is what the operations store says at the end, incidents how many it shows open.
	listed    []listedTransfer
	incidents int
	// payer and payee are the ledgers' books at the end.
	payer, payee books.Books
}

// listedTransfer is a payment as the operations store lists it.
type listedTransfer struct {
	Transaction string `json:"transactionId"`
	State       string `json:"state"`
	Amount      string `json:"amount"`
}

// finding is something that must not be.
type finding struct{ rule, what string }

// The rules, by the invariant that each is part of.
const (
	ruleLost        = "I12: what was acknowledged is there, once"
	ruleInvented    = "I12: there is nothing that nobody asked for"
	ruleKey         = "I7: the same key gets the same answer, another body is refused"
	ruleEnds        = "I1: every payment ends"
	ruleOutcome     = "I1: a payment ends as it can"
	ruleFinal       = "I4: a final state never changes"
	ruleMoved       = "I3: one debit and one credit of the amount, or nothing"
	ruleConserved   = "I2: ledgers conserve money"
	ruleHeld        = "I2: no hold is left"
	ruleListed      = "the operations store tells what the engine tells"
	ruleIncident    = "no payment waits for a person"
	ruleOtherAnswer = "I7: a repeat is answered 200, or not now (429, 503, 504)"
)

// history is what the record says about one key.
type history struct {
	key          string
	order        order
	body         string
	acknowledged bool
	transactions []string // different ones that it was given
}

// sightings are the answers to GET by transaction, in order.
type sightings map[string][]note

// check judges a run. Nothing found means that it kept every rule.
func check(e evidence) (found []finding) {
	say := func(rule, format string, args ...any) {
		found = append(found, finding{rule, fmt.Sprintf(format, args...)})
	}
	histories, seen := recount(e.notes, say)
	checkPromises(histories, say)
	checkStates(histories, seen, say)
	checkListed(e, histories, seen, say)
	checkBooks(e, say)
	checkMovements(e, histories, seen, say)
	return found
}

// recount reads the record and checks each answer against what was sent before.
func recount(notes []note, say func(string, string, ...any)) (histories []*history, seen sightings) {
	byKey := map[string]*history{}
	seen = sightings{}
	for _, n := range notes {
		h := byKey[n.Key]
		switch n.What {
		case eventSent:
			if n.Order != nil {
				h = &history{key: n.Key, order: *n.Order, body: n.Body}
				byKey[n.Key] = h
				histories = append(histories, h)
			}
		case eventAnswered:
			h.answered(n, say)
		case eventPolled:
			seen[n.Transaction] = append(seen[n.Transaction], n)
		}
	}
	return histories, seen
}

// answered checks the answer to a create.
func (h *history) answered(n note, say func(string, string, ...any)) {
	notNow := n.Status == 429 || n.Status == 503 || n.Status == 504
	switch {
	case n.Body != h.body:
		if h.acknowledged && n.Status != 409 && !notNow {
			say(ruleKey, "%s with another body was answered %d %s (life %d)", h.key, n.Status, n.Transaction, n.Life)
		}
	case n.Status == 200 && n.Transaction != "":
		h.acknowledged = true
		if !slices.Contains(h.transactions, n.Transaction) {
			h.transactions = append(h.transactions, n.Transaction)
		}
	case !notNow:
		say(ruleOtherAnswer, "%s was answered %d: %s (life %d)", h.key, n.Status, n.Detail, n.Life)
	}
}

// checkPromises looks for keys with two payments and payments with two keys.
func checkPromises(histories []*history, say func(string, string, ...any)) {
	owner := map[string]string{}
	for _, h := range histories {
		if !h.acknowledged {
			say(ruleEnds, "%s was sent and never acknowledged, though it was repeated to the end", h.key)
		}
		if len(h.transactions) > 1 {
			say(ruleKey, "%s was given %s", h.key, strings.Join(h.transactions, " and "))
		}
		for _, t := range h.transactions {
			if other := owner[t]; other != "" {
				say(ruleKey, "%s and %s were both given %s", other, h.key, t)
			}
			owner[t] = h.key
		}
	}
}

func final(state string) bool { return state == "COMMITTED" || state == "ABORTED" }

// state is the last one that was seen of a transaction.
func (s sightings) state(transaction string) string {
	if all := s[transaction]; len(all) > 0 {
		return all[len(all)-1].State
	}
	return ""
}

// detail is the reason that was given with it.
func (s sightings) detail(transaction string) string {
	if all := s[transaction]; len(all) > 0 {
		return all[len(all)-1].Detail
	}
	return ""
}

// checkStates follows what GET said about each payment.
func checkStates(histories []*history, seen sightings, say func(string, string, ...any)) {
	for _, h := range histories {
		for _, t := range h.transactions {
			before := ""
			for _, n := range seen[t] {
				switch {
				case n.Status == 404:
					say(ruleLost, "%s (%s) was acknowledged, and GET says 404 (life %d)", h.key, t, n.Life)
				case n.Status == 200 && final(before) && n.State != before:
					say(ruleFinal, "%s (%s) was %s and then %s (life %d)", h.key, t, before, n.State, n.Life)
				}
				if n.Status == 200 {
					before = n.State
				}
			}
			switch last := seen.state(t); {
			case !final(last):
				say(ruleEnds, "%s (%s) is %q at the end", h.key, t, last)
			case h.order.Refused && last != "ABORTED":
				say(ruleOutcome, "%s (%s) cannot succeed and is %s", h.key, t, last)
			case !h.order.Refused && last == "ABORTED" && !strings.HasPrefix(seen.detail(t), "TimeOut:"):
				say(ruleOutcome, "%s (%s) could succeed and is ABORTED for another reason than time: %q", h.key, t, seen.detail(t))
			}
		}
	}
}

// checkListed compares the operations store with what GET says.
func checkListed(e evidence, histories []*history, seen sightings, say func(string, string, ...any)) {
	listed := map[string][]listedTransfer{}
	for _, l := range e.listed {
		listed[l.Transaction] = append(listed[l.Transaction], l)
	}
	for _, h := range histories {
		for _, t := range h.transactions {
			rows := listed[t]
			delete(listed, t)
			switch {
			case len(rows) == 0:
				say(ruleListed, "%s (%s) is missing", h.key, t)
			case len(rows) > 1:
				say(ruleLost, "%s (%s) was started %d times", h.key, t, len(rows))
			case rows[0].State != seen.state(t):
				say(ruleListed, "%s (%s) is listed as %s, GET says %s", h.key, t, rows[0].State, seen.state(t))
			case rows[0].Amount != fmt.Sprintf("%d.%02d", h.order.Cents/100, h.order.Cents%100):
				say(ruleListed, "%s (%s) is listed with %s, it was of %d cents", h.key, t, rows[0].Amount, h.order.Cents)
			}
		}
	}
	for _, rest := range e.listed {
		if _, left := listed[rest.Transaction]; left {
			say(ruleInvented, "the operations store lists %s, which was given to nobody", rest.Transaction)
		}
	}
	if e.incidents > 0 {
		say(ruleIncident, "%d incidents are open", e.incidents)
	}
}
