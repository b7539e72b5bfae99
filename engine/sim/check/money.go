package check

// money proves I2 and I3 on the ledgers at the end, and that each acknowledged payment ended (I1) as it could.
type money struct {
	deaf
	j *Judge
}

func newMoney(j *Judge) *money { return &money{j: j} }

// footprint is what one payment did to one ledger's customers.
type footprint struct {
	net      int64
	postings []Posting
}

type footprintOf struct{ ledger, transaction string }

func (k *money) end([]string) {
	if k.j.options.Books == nil {
		return
	}
	books := k.j.options.Books()
	prints := map[footprintOf]*footprint{}
	var total int64
	for i := range books.Ledgers {
		total += k.ledger(&books.Ledgers[i], prints)
	}
	if total != 0 {
		k.j.blame(RuleConserved, where{}, "over all ledgers %d came from nowhere", total)
	}
	for i := range books.Payments {
		k.payment(&books.Payments[i], prints)
	}
	for _, l := range books.Ledgers {
		for _, p := range l.Postings {
			of := footprintOf{l.Name, p.Transaction}
			if f := prints[of]; f != nil {
				k.j.blame(RuleMoved, where{}, "%s moved %+d for %s, which nobody asked for", l.Name, f.net, p.Transaction)
				delete(prints, of)
			}
		}
	}
}

// ledger judges one ledger's books by themselves and gives what they have gained.
func (k *money) ledger(l *Ledger, prints map[footprintOf]*footprint) (gained int64) {
	moved, held, customer := map[string]int64{}, map[string]int64{}, map[string]bool{}
	for _, a := range l.Accounts {
		customer[a.ID] = a.Customer
	}
	sums := map[string]int64{}
	for _, p := range l.Postings {
		moved[p.Account] += p.Amount
		sums[p.Transaction+":"+p.Operation] += p.Amount
		if !customer[p.Account] {
			continue
		}
		of := footprintOf{l.Name, p.Transaction}
		if prints[of] == nil {
			prints[of] = &footprint{}
		}
		prints[of].net += p.Amount
		prints[of].postings = append(prints[of].postings, p)
	}
	for _, h := range l.Holds {
		if h.Open {
			held[h.Account] += h.Amount
			k.j.blame(RuleConserved, where{}, "%s still holds %d of %s under %s", l.Name, h.Amount, h.Account, h.Key)
		}
	}
	for _, a := range l.Accounts {
		gained += a.Balance - a.Opening
		switch {
		case a.Balance != a.Opening+moved[a.ID]:
			k.j.blame(RuleConserved, where{}, "account %s of %s has %d, its postings make %d", a.ID, l.Name, a.Balance, a.Opening+moved[a.ID])
		case a.Held != held[a.ID]:
			k.j.blame(RuleConserved, where{}, "account %s of %s has %d held, its holds are %d", a.ID, l.Name, a.Held, held[a.ID])
		case a.Customer && a.Balance < a.Held:
			k.j.blame(RuleConserved, where{}, "account %s of %s has %d, of which %d are held", a.ID, l.Name, a.Balance, a.Held)
		}
	}
	for _, p := range l.Postings { // in the books' order, so that reports are
		name := p.Transaction + ":" + p.Operation
		if sums[name] != 0 {
			k.j.blame(RuleConserved, where{}, "the postings of %s at %s sum to %d", name, l.Name, sums[name])
			delete(sums, name)
		}
	}
	return gained
}

// payment judges one payment and takes its footprints out.
func (k *money) payment(p *Payment, prints map[footprintOf]*footprint) {
	take := func(ledger string) footprint {
		of := footprintOf{ledger, p.Transaction}
		f := prints[of]
		delete(prints, of)
		if f == nil {
			return footprint{}
		}
		return *f
	}
	from, to := take(p.Payer), take(p.Payee)
	switch p.State {
	case "COMMITTED":
		k.once(p, from, p.Payer, "book", -p.Amount)
		k.once(p, to, p.Payee, "credit", p.Amount)
		if p.Doomed {
			k.j.blame(RuleMoved, where{}, "%s cannot succeed and is COMMITTED", p.Transaction)
		}
	case "ABORTED":
		if from.net != 0 || to.net != 0 || len(from.postings)+len(to.postings) > 0 {
			k.j.blame(RuleMoved, where{}, "%s is ABORTED, and its payer has %+d, its payee %+d", p.Transaction, from.net, to.net)
		}
	default:
		if p.Acknowledged {
			k.j.blame(RuleEnds, where{}, "payment %s was acknowledged and is %q at the end", p.Transaction, p.State)
		}
	}
}

// once proves that a committed payment has exactly one movement of its amount on one side.
func (k *money) once(p *Payment, f footprint, ledger, operation string, amount int64) {
	if len(f.postings) != 1 || f.postings[0].Operation != operation || f.net != amount {
		k.j.blame(RuleMoved, where{}, "%s is COMMITTED over %d, and %s has %+d by %d movements, expected one %s of %+d",
			p.Transaction, p.Amount, ledger, f.net, len(f.postings), operation, amount)
	}
}
