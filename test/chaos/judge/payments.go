package judge

import (
	"slices"
	"strings"

	"github.com/payhub/payhub/test/books"
	"github.com/payhub/payhub/test/chaos/history"
)

// hearPayment adds a note about a payment, and checks an answer against what was sent before.
func (c *court) hearPayment(n history.Note) {
	switch n.What {
	case history.Sent:
		if d := c.of(n); n.Order != nil && d.first.Order == nil {
			d.first = n
		}
	case history.Answered:
		c.answered(c.of(n), n)
	case history.Polled:
		c.states[n.Transaction] = append(c.states[n.Transaction], n)
	case history.Job:
		if c.started[n.Transaction] == nil {
			c.started[n.Transaction] = map[int64]bool{}
		}
		c.started[n.Transaction][n.Instance] = true
	}
}

// answered checks the answer to a create.
func (c *court) answered(d *dossier, n history.Note) {
	notNow := n.Status == 429 || n.Status == 503 || n.Status == 504
	switch {
	case n.Body != d.first.Body:
		if !d.acknowledged.IsZero() && n.Status != 409 && !notNow {
			c.say(Wrong, RuleKey, "%s with another body was answered %d %s", d.key, n.Status, n.Transaction)
		}
	case n.Status == 200 && n.Transaction != "":
		if d.acknowledged.IsZero() {
			d.acknowledged = n.At
		}
		if !slices.Contains(d.transactions, n.Transaction) {
			d.transactions = append(d.transactions, n.Transaction)
		}
	case !notNow:
		c.say(Wrong, RuleNotNow, "%s was answered %d by node %d: %s", d.key, n.Status, n.Node, n.Detail)
	}
}

// promises looks for keys with two payments, payments with two keys, and payments with two instances.
func (c *court) promises() {
	owner := map[string]string{}
	for _, d := range c.order {
		if d.work != history.Payment {
			continue
		}
		if d.acknowledged.IsZero() {
			c.say(Stuck, RuleEnds, "%s was sent and never acknowledged, though it was repeated to the end", d.key)
		}
		if len(d.transactions) > 1 {
			c.say(Doubled, RuleKey, "%s was given %s", d.key, strings.Join(d.transactions, " and "))
		}
		for _, t := range d.transactions {
			if other := owner[t]; other != "" {
				c.say(Lost, RuleKey, "%s and %s were both given %s", other, d.key, t)
			}
			owner[t] = d.key
			if n := len(c.started[t]); n > 1 {
				c.say(Doubled, RuleLost, "%s (%s) was started %d times", d.key, t, n)
			}
		}
	}
}

func final(state string) bool { return state == "COMMITTED" || state == "ABORTED" }

// last is the last state that was seen of a payment, with its detail.
func (c *court) last(transaction string) (state, detail string) {
	for _, n := range c.states[transaction] {
		if n.Status == 200 {
			state, detail = n.State, n.Detail
		}
	}
	return state, detail
}

// payments follows what GET said about each payment.
func (c *court) payments() {
	for _, d := range c.order {
		for _, t := range d.transactions {
			c.followed(d, t)
			state, detail := c.last(t)
			timedOut := strings.HasPrefix(detail, "TimeOut:")
			switch {
			case !final(state):
				c.say(Stuck, RuleEnds, "%s (%s) is %q at the end: %s", d.key, t, state, detail)
			case d.first.Order.Refused && state != "ABORTED":
				c.say(Wrong, RuleOutcome, "%s (%s) cannot succeed and is %s", d.key, t, state)
			case !d.first.Order.Refused && state == "ABORTED" && !timedOut:
				c.say(Wrong, RuleOutcome, "%s (%s) could succeed and is ABORTED for another reason than time: %q", d.key, t, detail)
			case state == "COMMITTED":
				c.Committed++
			case timedOut:
				c.TimedOut++
			}
		}
	}
}

// followed looks at the states of one payment in the order in which they were seen.
func (c *court) followed(d *dossier, t string) {
	before := ""
	for _, n := range c.states[t] {
		switch {
		case n.Status == 404:
			c.say(Lost, RuleLost, "%s (%s) was acknowledged, and node %d says 404", d.key, t, n.Node)
		case n.Status != 200:
			continue
		case final(before) && n.State != before:
			c.say(Wrong, RuleFinal, "%s (%s) was %s and then %s at node %d", d.key, t, before, n.State, n.Node)
		case !final(before) && final(n.State) && !c.inTime(d.acknowledged, n.At):
			c.say(Stuck, RuleEnds, "%s (%s) was seen to have ended only at %s", d.key, t, n.At.Format("15:04:05"))
		}
		if n.Status == 200 {
			before = n.State
		}
	}
}

// money proves both ledgers' books by themselves, that nothing is on the way between them, and of each payment that its money
// moved once, or not at all.
func (c *court) money(e Evidence) {
	conserved := func(format string, args ...any) { c.say(Wrong, RuleConserved, format, args...) }
	held := func(format string, args ...any) { c.say(Stuck, RuleHeld, format, args...) }
	books.AtRest("payer's", e.Payer, conserved, held)
	books.AtRest("payee's", e.Payee, conserved, held)
	books.Cleared(conserved, e.Payer, e.Payee)
	payer, payee := books.Footprints(e.Payer), books.Footprints(e.Payee)
	for _, d := range c.order {
		for _, t := range d.transactions {
			from, to := payer[t], payee[t]
			delete(payer, t)
			delete(payee, t)
			state, _ := c.last(t)
			c.moved(d, t, state, from, to)
		}
	}
	for _, prints := range []map[string]books.Footprint{payer, payee} {
		for t, p := range prints {
			if len(p.Done) > 0 {
				c.say(Wrong, RuleInvented, "the books move %+d for %s, which was given to nobody", p.Net, t)
			}
		}
	}
}

// moved proves what one payment did to both ledgers.
func (c *court) moved(d *dossier, t, state string, from, to books.Footprint) {
	switch state {
	case "COMMITTED":
		for _, side := range []struct {
			name   string
			print  books.Footprint
			amount int64
		}{{"book", from, -d.first.Order.Cents}, {"credit", to, d.first.Order.Cents}} {
			if side.print.Is(side.name, side.amount) {
				continue
			}
			harm := Lost
			if len(side.print.Done) > 1 {
				harm = Doubled
			}
			c.say(harm, RuleMoved, "%s (%s) is COMMITTED over %d, and its %s side has %+d by %d movements",
				d.key, t, d.first.Order.Cents, side.name, side.print.Net, len(side.print.Done))
		}
	case "ABORTED":
		if from.Net != 0 || to.Net != 0 {
			c.say(Wrong, RuleMoved, "%s (%s) is ABORTED, and the payer has %+d, the payee %+d", d.key, t, from.Net, to.Net)
		}
	}
}
