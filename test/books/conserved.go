package books

import "strings"

// Say is told what does not fit.
type Say func(format string, args ...any)

// AtRest proves one ledger's books by themselves when no payment is under way: what Conserved proves, and conserved is told of;
// and nothing is held, which held is told of.
func AtRest(whose string, b Books, conserved, held Say) {
	Conserved(whose, b, conserved)
	for _, h := range b.Holds {
		if h.State == "HELD" {
			held("the %s ledger holds %d of %s under %s", whose, h.Amount, h.Account, h.Reference)
		}
	}
	for _, a := range b.Accounts {
		if a.Held != 0 {
			held("the %s account %s has %d held", whose, a.ID, a.Held)
		}
	}
}

// Conserved proves what books must keep at any moment, also in the middle of payments and right after a crash: balances are the
// sums of their entries, every operation sums to zero, and so does each currency.
func Conserved(whose string, b Books, say Say) {
	trial, entries, moved, held := map[string]int64{}, map[string]int64{}, map[int64]int64{}, map[string]int64{}
	for _, e := range b.Entries {
		entries[e.Account] += e.Amount
		moved[e.Operation] += e.Amount
	}
	for _, h := range b.Holds {
		if h.State == "HELD" {
			held[h.Account] += h.Amount
		}
	}
	for _, a := range b.Accounts {
		trial[a.Currency] += a.Balance
		if a.Balance != entries[a.ID] {
			say("the %s account %s has %d, its entries sum to %d", whose, a.ID, a.Balance, entries[a.ID])
		}
		if a.Held != held[a.ID] {
			say("the %s account %s has %d held, its holds sum to %d", whose, a.ID, a.Held, held[a.ID])
		}
		if a.Kind == "CUSTOMER" && a.Balance < a.Held {
			say("the %s account %s has %d, of which %d are held", whose, a.ID, a.Balance, a.Held)
		}
		delete(entries, a.ID)
	}
	for id, sum := range entries {
		say("the %s books move %d on %s, which is no account", whose, sum, id)
	}
	for currency, sum := range trial {
		if sum != 0 {
			say("the %s trial balance in %s is %d", whose, currency, sum)
		}
	}
	for _, o := range b.Operations {
		if moved[o.Seq] != 0 {
			say("the entries of the %s operation %s sum to %d", whose, o.Reference, moved[o.Seq])
		}
	}
}

// clearing begins the id of the account that stands for the scheme.
const clearing = "clearing:"

// Cleared proves that what one institution owes the scheme, the others are owed.
func Cleared(say Say, all ...Books) {
	sums := map[string]int64{}
	for _, b := range all {
		for _, a := range b.Accounts {
			if strings.HasPrefix(a.ID, clearing) {
				sums[a.Currency] += a.Balance
			}
		}
	}
	for currency, sum := range sums {
		if sum != 0 {
			say("between the ledgers %d of %s are on the way for ever", sum, currency)
		}
	}
}

// Footprint is what one transaction did to one ledger's customers.
type Footprint struct {
	Done []Operation // movements that were carried out
	Net  int64       // of the customers' accounts
}

// Is tells whether the footprint is one movement of that kind and amount (signed, of the customer), and nothing else.
func (f Footprint) Is(operation string, amount int64) bool {
	return len(f.Done) == 1 && f.Done[0].Operation == operation && f.Net == amount
}

// Footprints sorts a ledger's movements by transaction.
func Footprints(b Books) map[string]Footprint {
	customers, moves := map[string]bool{}, map[int64]int64{}
	for _, a := range b.Accounts {
		customers[a.ID] = a.Kind == "CUSTOMER"
	}
	for _, e := range b.Entries {
		if customers[e.Account] {
			moves[e.Operation] += e.Amount
		}
	}
	prints := map[string]Footprint{}
	for _, o := range b.Operations {
		if o.Operation == "open" {
			continue
		}
		transaction, _, _ := strings.Cut(o.Reference, ":")
		p := prints[transaction]
		p.Net += moves[o.Seq]
		if o.Code == "" && (o.Operation == "book" || o.Operation == "credit" || o.Operation == "reverse") {
			p.Done = append(p.Done, o)
		}
		prints[transaction] = p
	}
	return prints
}
