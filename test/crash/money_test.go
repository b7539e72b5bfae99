package crash

import (
	"strings"
)

// checkBooks proves one ledger's books by themselves, at rest: money is conserved, and nothing is held.
func checkBooks(whose string, b books, say func(string, string, ...any)) {
	checkConserved(whose, b, say)
	for _, h := range b.holds {
		if h.state == "HELD" {
			say(ruleHeld, "the %s ledger holds %d of %s under %s", whose, h.amount, h.account, h.reference)
		}
	}
	for _, a := range b.accounts {
		if a.held != 0 {
			say(ruleHeld, "the %s account %s has %d held", whose, a.id, a.held)
		}
	}
}

// checkConserved proves what books must keep at any moment, also in the middle of payments and right after a crash.
func checkConserved(whose string, b books, say func(string, string, ...any)) {
	trial, entries, moved, held := map[string]int64{}, map[string]int64{}, map[int64]int64{}, map[string]int64{}
	for _, e := range b.entries {
		entries[e.account] += e.amount
		moved[e.operation] += e.amount
	}
	for _, h := range b.holds {
		if h.state == "HELD" {
			held[h.account] += h.amount
		}
	}
	for _, a := range b.accounts {
		trial[a.currency] += a.balance
		if a.balance != entries[a.id] {
			say(ruleConserved, "the %s account %s has %d, its entries sum to %d", whose, a.id, a.balance, entries[a.id])
		}
		if a.held != held[a.id] {
			say(ruleConserved, "the %s account %s has %d held, its holds sum to %d", whose, a.id, a.held, held[a.id])
		}
		if a.kind == "CUSTOMER" && a.balance < a.held {
			say(ruleConserved, "the %s account %s has %d, of which %d are held", whose, a.id, a.balance, a.held)
		}
		delete(entries, a.id)
	}
	for id, sum := range entries {
		say(ruleConserved, "the %s books move %d on %s, which is no account", whose, sum, id)
	}
	for currency, sum := range trial {
		if sum != 0 {
			say(ruleConserved, "the %s trial balance in %s is %d", whose, currency, sum)
		}
	}
	for _, o := range b.operations {
		if moved[o.seq] != 0 {
			say(ruleConserved, "the entries of the %s operation %s sum to %d", whose, o.reference, moved[o.seq])
		}
	}
}

// clearing is the account that stands for the scheme.
const clearing = "clearing:"

// checkClearing proves that what one institution owes the scheme, the other is owed.
func checkClearing(e evidence, say func(string, string, ...any)) {
	sums := map[string]int64{}
	for _, b := range []books{e.payer, e.payee} {
		for _, a := range b.accounts {
			if strings.HasPrefix(a.id, clearing) {
				sums[a.currency] += a.balance
			}
		}
	}
	for currency, sum := range sums {
		if sum != 0 {
			say(ruleConserved, "between the two ledgers %d of %s are on the way for ever", sum, currency)
		}
	}
}

// footprint is what one transaction did to one ledger's customers.
type footprint struct {
	done []operation // movements that were carried out
	net  int64       // of the customers' accounts
}

// footprints sorts a ledger's movements by transaction. References are TRANSACTION:OPERATION.
func footprints(b books) map[string]*footprint {
	customers, moves := map[string]bool{}, map[int64]int64{}
	for _, a := range b.accounts {
		customers[a.id] = a.kind == "CUSTOMER"
	}
	for _, e := range b.entries {
		if customers[e.account] {
			moves[e.operation] += e.amount
		}
	}
	prints := map[string]*footprint{}
	for _, o := range b.operations {
		if o.operation == "open" {
			continue
		}
		transaction, _, _ := strings.Cut(o.reference, ":")
		p := prints[transaction]
		if p == nil {
			p = &footprint{}
			prints[transaction] = p
		}
		p.net += moves[o.seq]
		if o.code == "" && (o.operation == "book" || o.operation == "credit" || o.operation == "reverse") {
			p.done = append(p.done, o)
		}
	}
	return prints
}

// checkMovements proves of each payment that its money moved once, or not at all.
func checkMovements(e evidence, histories []*history, seen sightings, say func(string, string, ...any)) {
	payer, payee := footprints(e.payer), footprints(e.payee)
	of := func(prints map[string]*footprint, transaction string) footprint {
		p := prints[transaction]
		delete(prints, transaction)
		if p == nil {
			return footprint{}
		}
		return *p
	}
	for _, h := range histories {
		for _, t := range h.transactions {
			from, to := of(payer, t), of(payee, t)
			switch seen.state(t) {
			case "COMMITTED":
				from.once(h, "book", -h.order.Cents, say)
				to.once(h, "credit", h.order.Cents, say)
			case "ABORTED":
				if from.net != 0 || to.net != 0 {
					say(ruleMoved, "%s (%s) is ABORTED, and the payer has %+d, the payee %+d", h.key, t, from.net, to.net)
				}
			}
		}
	}
	for _, prints := range []map[string]*footprint{payer, payee} {
		for t, p := range prints {
			if len(p.done) > 0 {
				say(ruleInvented, "the books move %+d for %s, which was given to nobody", p.net, t)
			}
		}
	}
}

// once proves that a committed payment did exactly one movement of its amount on one side.
func (f footprint) once(h *history, operation string, amount int64, say func(string, string, ...any)) {
	if len(f.done) != 1 || f.done[0].operation != operation || f.net != amount {
		say(ruleMoved, "%s (%s) is COMMITTED over %d, and its %s side has %+d by %d movements", h.key, strings.Join(h.transactions, ", "),
			h.order.Cents, operation, f.net, len(f.done))
	}
}
