package workload

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/flows/contract"
)

// The two institutions, and how many customers each has. The last customer of the payer's has nothing, the last of the
// payee's is frozen.
const (
	payerTenant = "greenbank"
	payeeTenant = "bluebank"
	customers   = 8
	opening     = 1_000_000
	clearing    = "clearing"
)

// bank are the ledgers. Their state is durable: no crash in the simulation loses it.
type bank struct{ ledgers []*ledger }

// ledger keeps one institution's accounts, and remembers each operation by its key: a repeat gets the first answer, another
// body under the same key is refused.
type ledger struct {
	name       string
	accounts   map[string]*account
	operations map[string]operation
	holds      map[string]*hold
	postings   []check.Posting
}

type account struct {
	customer, frozen       bool
	opening, balance, held int64
}

type hold struct {
	account string
	amount  int64
	open    bool
}

// operation is what was done under a key.
type operation struct {
	body   string
	result contract.Result
}

func newBank() *bank {
	b := &bank{}
	for _, name := range []string{payerTenant, payeeTenant} {
		l := &ledger{name: name, accounts: map[string]*account{clearing: {}}, operations: map[string]operation{}, holds: map[string]*hold{}}
		for i := range customers {
			a := &account{customer: true}
			if name == payerTenant && i < customers-1 {
				a.opening, a.balance = opening, opening
			}
			a.frozen = name == payeeTenant && i == customers-1
			l.accounts[customer(i)] = a
		}
		b.ledgers = append(b.ledgers, l)
	}
	return b
}

// customer is the account of a party, which is also its name.
func customer(i int) string { return fmt.Sprintf("customer-%d", i) }

// of finds a tenant's ledger.
func (b *bank) of(tenant string) *ledger {
	for _, l := range b.ledgers {
		if l.name == tenant {
			return l
		}
	}
	panic("workload: no ledger of " + tenant) // tenants are ours
}

// once does an operation unless its key is known.
func (l *ledger) once(key, body string, do func() contract.Result) contract.Result {
	if known, again := l.operations[key]; again {
		if known.body != body {
			return refused(contract.CodeReferenceConflict)
		}
		return known.result
	}
	result := do()
	if result.Outcome == contract.Done {
		result.Reference = l.name + "/" + key
	}
	l.operations[key] = operation{body, result}
	return result
}

func refused(code contract.Code) contract.Result {
	return contract.Result{Outcome: contract.Rejected, Code: code}
}

var done = contract.Result{Outcome: contract.Done}

// hold reserves money.
func (l *ledger) hold(key, from string, amount int64) contract.Result {
	return l.once(key, fmt.Sprint("hold ", from, amount), func() contract.Result {
		a := l.accounts[from]
		switch {
		case l.holds[key] != nil: // fenced by a release that was first
			return refused(contract.CodeHoldReleased)
		case a == nil:
			return refused(contract.CodeAccountNotFound)
		case a.balance-a.held < amount:
			return refused(contract.CodeInsufficientFunds)
		}
		a.held += amount
		l.holds[key] = &hold{from, amount, true}
		return done
	})
}

// credit puts money on an account.
func (l *ledger) credit(key, to string, amount int64) contract.Result {
	return l.once(key, fmt.Sprint("credit ", to, amount), func() contract.Result {
		a := l.accounts[to]
		switch {
		case a == nil:
			return refused(contract.CodeAccountNotFound)
		case a.frozen:
			return refused(contract.CodeAccountFrozen)
		}
		l.move(key, to, amount)
		return done
	})
}

// book turns a hold into a debit.
func (l *ledger) book(key, holdKey string, amount int64) contract.Result {
	return l.once(key, fmt.Sprint("book ", holdKey, amount), func() contract.Result {
		h := l.holds[holdKey]
		switch {
		case h == nil:
			return refused(contract.CodeHoldNotFound)
		case !h.open:
			return refused(contract.CodeHoldReleased)
		}
		h.open = false
		l.accounts[h.account].held -= h.amount
		l.move(key, h.account, -amount)
		return done
	})
}

// release gives a hold back; one that has not come yet never will.
func (l *ledger) release(key, holdKey string) contract.Result {
	return l.once(key, "release "+holdKey, func() contract.Result {
		h := l.holds[holdKey]
		if h == nil {
			if _, asked := l.operations[holdKey]; !asked {
				l.holds[holdKey] = &hold{}
			}
			return done
		}
		if !h.open {
			return refused(contract.CodeHoldBooked)
		}
		h.open = false
		l.accounts[h.account].held -= h.amount
		return done
	})
}

// status tells what became of an operation.
func (l *ledger) status(key string) contract.Result {
	if known, there := l.operations[key]; there {
		return known.result
	}
	return contract.Result{Outcome: contract.None}
}

// move posts an amount on a customer's account and against clearing.
func (l *ledger) move(key, id string, amount int64) {
	transaction, op := split(key)
	for _, p := range []check.Posting{{Transaction: transaction, Operation: op, Account: id, Amount: amount}, {Transaction: transaction, Operation: op, Account: clearing, Amount: -amount}} {
		l.accounts[p.Account].balance += p.Amount
		l.postings = append(l.postings, p)
	}
}

// split takes a key apart: TRANSACTION:OPERATION.
func split(key string) (transaction, operation string) {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == ':' {
			return key[:i], key[i+1:]
		}
	}
	return key, ""
}

// Books are the ledgers and the payments as they stand.
func (u *Users) Books() check.Books {
	var books check.Books
	for _, l := range u.bank.ledgers {
		books.Ledgers = append(books.Ledgers, l.books())
	}
	for _, p := range u.payments {
		books.Payments = append(books.Payments, p.Payment)
	}
	return books
}

func (l *ledger) books() check.Ledger {
	out := check.Ledger{Name: l.name, Postings: l.postings}
	for id, a := range l.accounts {
		out.Accounts = append(out.Accounts, check.Account{ID: id, Customer: a.customer, Opening: a.opening, Balance: a.balance, Held: a.held})
	}
	for key, h := range l.holds {
		out.Holds = append(out.Holds, check.Hold{Key: key, Account: h.account, Amount: h.amount, Open: h.open})
	}
	slices.SortFunc(out.Accounts, func(a, b check.Account) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Holds, func(a, b check.Hold) int { return cmp.Compare(a.Key, b.Key) })
	return out
}
