// Package judge says what a cluster did wrong. It knows the record that the test kept of what it asked and was answered, and
// the ledgers' books; it knows nothing of the engine. It looks at each key, not at rates: what was acknowledged is there exactly
// once and ends, money moved once or not at all, no timer was early, no message correlated twice (invariants I1 to I4, I7, I12).
package judge

import (
	"fmt"
	"time"

	"github.com/payhub/payhub/test/books"
	"github.com/payhub/payhub/test/chaos/history"
)

// Evidence is what a run is judged by.
type Evidence struct {
	// Notes is the record.
	Notes []history.Note
	// Payer and Payee are the ledgers' books at the end.
	Payer, Payee books.Books
}

// Harm is what a finding counts as in the table.
type Harm string

// The harms.
const (
	Lost    Harm = "lost"    // what was acknowledged is not there
	Doubled Harm = "doubled" // something was done twice
	Stuck   Harm = "stuck"   // something does not end
	Wrong   Harm = "wrong"   // anything else that must not be
)

// The rules.
const (
	RuleLost      = "I12: what was acknowledged is there, once"
	RuleInvented  = "I12: there is nothing that nobody asked for"
	RuleKey       = "I7: the same key gets the same answer, another body is refused"
	RuleNotNow    = "I7: a repeat is answered 200, or not now (429, 503, 504)"
	RuleEnds      = "I1: what was acknowledged ends within 60 s of the last fault"
	RuleOutcome   = "I1: a payment ends as it can"
	RuleFinal     = "I4: a final state never changes"
	RuleMoved     = "I3: one debit and one credit of the amount, or nothing"
	RuleConserved = "I2: ledgers conserve money"
	RuleHeld      = "I2: no hold is left"
	RuleEarly     = "a timer is never early"
	RuleOnce      = "a timer fires once, a message correlates once, a message starts one instance"
)

// Finding is something that must not be.
type Finding struct {
	Harm Harm
	Rule string
	What string
}

// String is the finding for a person.
func (f Finding) String() string { return f.Rule + ": " + f.What }

// Verdict is what was found, and how much was looked at.
type Verdict struct {
	Findings []Finding
	// Acknowledged is the number of keys that were acknowledged, by kind of work.
	Acknowledged map[history.Work]int
	// Unanswered is how many requests got no answer.
	Unanswered int
	// Committed is how many payments were committed, TimedOut how many were aborted for time.
	Committed, TimedOut int
	// Late is by how much the latest timer fired after it was due.
	Late time.Duration
}

// Count is the number of findings of a harm.
func (v *Verdict) Count(h Harm) (n int) {
	for _, f := range v.Findings {
		if f.Harm == h {
			n++
		}
	}
	return n
}

// Total is the number of acknowledged keys.
func (v *Verdict) Total() (n int) {
	for _, count := range v.Acknowledged {
		n += count
	}
	return n
}

// EndsWithin is how long something acknowledged may take to end once everything is healed.
const EndsWithin = 60 * time.Second

// Judge judges a run.
func Judge(e Evidence) *Verdict {
	c := &court{Verdict: &Verdict{Acknowledged: map[history.Work]int{}}}
	c.hear(e.Notes)
	c.payments()
	c.promises()
	c.money(e)
	for _, w := range []history.Work{history.Timer, history.Message, history.Start} {
		c.waiting(w)
	}
	return c.Verdict
}

// court is a judgement under way.
type court struct {
	*Verdict
	cases    map[history.Work]map[string]*dossier
	order    []*dossier // as they were first asked for
	states   map[string][]history.Note
	started  map[string]map[int64]bool // payment's id → instances that worked for it
	healedAt time.Time
}

// dossier is what the record says about one key.
type dossier struct {
	work         history.Work
	key          string
	first        history.Note // the first Sent
	acknowledged time.Time    // the first success; zero: none
	published    time.Time    // the first success of its message
	transactions []string     // different ones that it was given
	instances    []int64      // different ones that it was given
	jobs         []history.Note
	polled       []history.Note
}

func (c *court) say(harm Harm, rule, format string, args ...any) {
	c.Findings = append(c.Findings, Finding{harm, rule, fmt.Sprintf(format, args...)})
}

// of gives the dossier of a note.
func (c *court) of(n history.Note) *dossier {
	byKey := c.cases[n.Work]
	if byKey == nil {
		byKey = map[string]*dossier{}
		c.cases[n.Work] = byKey
	}
	d := byKey[n.Key]
	if d == nil {
		d = &dossier{work: n.Work, key: n.Key}
		byKey[n.Key] = d
		c.order = append(c.order, d)
	}
	return d
}

// hear sorts the record by key.
func (c *court) hear(notes []history.Note) {
	c.cases = map[history.Work]map[string]*dossier{}
	c.states, c.started = map[string][]history.Note{}, map[string]map[int64]bool{}
	for _, n := range notes {
		switch n.What {
		case history.Fault:
		case history.Healed:
			c.healedAt = n.At
		case history.Lost:
			c.Unanswered++
		default:
			if n.Work == history.Payment {
				c.hearPayment(n)
			} else {
				c.of(n).hearWaiting(n)
			}
		}
	}
	for _, d := range c.order {
		if !d.acknowledged.IsZero() {
			c.Acknowledged[d.work]++
		}
	}
}

// inTime tells whether something that was acknowledged at one time and had ended at another ended soon enough.
func (c *court) inTime(acknowledged, ended time.Time) bool {
	from := acknowledged
	if c.healedAt.After(from) {
		from = c.healedAt
	}
	return ended.Sub(from) <= EndsWithin
}
