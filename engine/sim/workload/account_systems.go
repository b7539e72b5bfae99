package workload

import (
	"encoding/json"
	"fmt"

	"github.com/payhub/payhub/flows/contract"
)

// request is what any job of an account system asks.
type request struct {
	Tenant    string             `json:"tenant"`
	Key       string             `json:"key"`
	HoldKey   string             `json:"holdKey"`
	Account   string             `json:"account"`
	Amount    contract.Amount    `json:"amount"`
	Party     contract.Party     `json:"party"`
	Operation contract.Operation `json:"operation"`
}

// ask puts a job's question to the ledger of its tenant. Reads are always answered; a movement's answer may be lost, and the
// movement may even come late.
func (u *Users) ask(jobType string, text []byte) any {
	var r request
	if err := json.Unmarshal(text, &r); err != nil {
		panic(fmt.Sprintf("workload: the request of %s cannot be read: %v: %s", jobType, err, text))
	}
	l := u.bank.of(r.Tenant)
	switch jobType {
	case contract.JobLookup:
		if l.accounts[r.Party.ID] == nil {
			return contract.LookupResult{Result: refused(contract.CodePartyNotFound)}
		}
		return contract.LookupResult{Result: done, Account: r.Party.ID}
	case contract.JobQuote:
		return contract.QuoteResult{Result: done, Fee: contract.Amount{Value: "0.00", Currency: "USD"}}
	case contract.JobStatus:
		return l.status(r.Key)
	}
	unknown := contract.Result{Outcome: contract.Unknown}
	if u.chance(u.plan.Habits.Late) {
		u.pending++
		u.w.After(500+u.w.Rand().Int64N(40_000), func() {
			u.pending--
			l.carryOut(jobType, r)
		})
		return unknown
	}
	result := l.carryOut(jobType, r)
	if u.chance(u.plan.Habits.Lost) {
		return unknown
	}
	return result
}

// carryOut carries one movement out.
func (l *ledger) carryOut(jobType string, r request) contract.Result {
	switch jobType {
	case contract.JobHold:
		return l.hold(r.Key, r.Account, cents(r.Amount))
	case contract.JobCredit:
		return l.credit(r.Key, r.Account, cents(r.Amount))
	case contract.JobBook:
		return l.book(r.Key, r.HoldKey, cents(r.Amount))
	case contract.JobRelease:
		return l.release(r.Key, r.HoldKey)
	}
	panic("workload: no such movement: " + jobType)
}

// cents reads an amount with two decimal places.
func cents(a contract.Amount) int64 {
	var whole, part int64
	if _, err := fmt.Sscanf(a.Value, "%d.%02d", &whole, &part); err != nil {
		panic(fmt.Sprintf("workload: the amount %q: %v", a.Value, err))
	}
	return whole*100 + part
}
