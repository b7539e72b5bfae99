package workload

import (
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/flows/contract"
)

// payment is a transfer as its client knows it.
type payment struct {
	check.Payment
	instance int64
	doors    int // requests under way in a burst
}

// pay makes a transfer by the real flow. Some clients send the same request many times at once to all gateways, some come
// back later with it, some with another body under the same key.
func (u *Users) pay(t *task) {
	cents := 1 + t.rng.Int64N(500)
	payer, payee := customer(t.rng.IntN(customers-1)), customer(t.rng.IntN(customers-1))
	p := &payment{Payment: check.Payment{Transaction: t.Name(), Payer: payerTenant, Payee: payeeTenant, Amount: cents}}
	switch t.rng.IntN(16) {
	case 0:
		payer, p.Doomed = customer(customers-1), true // has nothing
	case 1:
		payee, p.Doomed = customer(customers-1), true // is frozen
	case 2:
		payee, p.Doomed = "nobody", true
	}
	u.payments = append(u.payments, p)
	start := contract.Start{
		TransactionID: t.Name(), Tenant: payerTenant, PayeeTenant: payeeTenant,
		Payer: contract.Party{Type: "MSISDN", ID: payer}, Payee: contract.Party{Type: "MSISDN", ID: payee},
		Amount: contract.Amount{Value: fmt.Sprintf("%d.%02d", cents/100, cents%100), Currency: "USD"},
	}
	t.what = "accept"
	if t.rng.IntN(25) == 0 {
		u.burst(t, p, start)
		return
	}
	u.create(t.Name(), flows.LocalTransfer, start, func(instance int64) { u.accepted(t, p, instance, start) })
}

// burst sends the same request 50 times at once; whoever is answered first goes on.
func (u *Users) burst(t *task, p *payment, start contract.Start) {
	v := createdOnce(t.Name(), flows.LocalTransfer, start, t.Name())
	gone := false
	p.doors = 50
	for i := range p.doors {
		u.send(i%u.w.Gateways(), u.partitionOfKey(t.Name()), -1, record.CreatedOnceCreate, v, func(answer record.Record, err error) {
			p.doors--
			switch {
			case gone:
			case err == nil && !answer.IsRejection():
				gone = true
				u.accepted(t, p, answer.Key, start)
			case p.doors == 0:
				gone = true
				u.create(t.Name(), flows.LocalTransfer, start, func(instance int64) { u.accepted(t, p, instance, start) })
			}
		})
	}
}

// accepted goes on with a payment that a client was told is accepted.
func (u *Users) accepted(t *task, p *payment, instance int64, start contract.Start) {
	p.Acknowledged, p.instance = true, instance
	t.what = "end"
	if t.rng.IntN(10) == 0 {
		other := createdOnce(t.Name(), flows.LocalTransfer, start, t.Name()+" with another body")
		u.insist(u.partitionOfKey(t.Name()), -1, record.CreatedOnceCreate, other, func(answer record.Record) {
			if !answer.IsRejection() || answer.RejectionType != record.AlreadyExists {
				u.desk.Complain(check.RuleOnce, "key "+t.Name()+" was used with another body and was not refused")
			}
		})
	}
	again := t.rng.IntN(8) == 0
	u.end(t.Name(), func(found check.Found) {
		p.State = string(contract.PaymentState(found.Variables.AppendJSON(nil)).Ended().State)
		if found.ProcessInstanceKey != p.instance {
			u.desk.Complain(check.RuleOnce, fmt.Sprintf("key %s was instance %d and is %d", t.Name(), p.instance, found.ProcessInstanceKey))
		}
		if !again {
			u.done(t)
			return
		}
		t.what = "come back"
		u.create(t.Name(), flows.LocalTransfer, start, func(second int64) {
			if second != p.instance {
				u.desk.Complain(check.RuleOnce, fmt.Sprintf("key %s was given instance %d, and %d after its end", t.Name(), p.instance, second))
			}
			u.done(t)
		})
	})
}
