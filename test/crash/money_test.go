package crash

import (
	"strings"

	"github.com/payhub/payhub/test/books"
)

// checkBooks proves both ledgers' books by themselves, at rest, and that nothing is on the way between them.
func checkBooks(e evidence, say func(string, string, ...any)) {
	conserved, held := broken(ruleConserved, say), broken(ruleHeld, say)
	books.AtRest("payer's", e.payer, conserved, held)
	books.AtRest("payee's", e.payee, conserved, held)
	books.Cleared(conserved, e.payer, e.payee)
}

// broken tells what does not fit under the rule that it breaks.
func broken(rule string, say func(string, string, ...any)) books.Say {
	return func(format string, args ...any) { say(rule, format, args...) }
}

// checkMovements proves of each payment that its money moved once, or not at all.
func checkMovements(e evidence, histories []*history, seen sightings, say func(string, string, ...any)) {
	payer, payee := books.Footprints(e.payer), books.Footprints(e.payee)
	for _, h := range histories {
		for _, t := range h.transactions {
			from, to := payer[t], payee[t]
			delete(payer, t)
			delete(payee, t)
			switch seen.state(t) {
			case "COMMITTED":
				once(from, h, "book", -h.order.Cents, say)
				once(to, h, "credit", h.order.Cents, say)
			case "ABORTED":
				if from.Net != 0 || to.Net != 0 {
					say(ruleMoved, "%s (%s) is ABORTED, and the payer has %+d, the payee %+d", h.key, t, from.Net, to.Net)
				}
			}
		}
	}
	for _, prints := range []map[string]books.Footprint{payer, payee} {
		for t, p := range prints {
			if len(p.Done) > 0 {
				say(ruleInvented, "the books move %+d for %s, which was given to nobody", p.Net, t)
			}
		}
	}
}

// once proves that a committed payment did exactly one movement of its amount on one side.
func once(f books.Footprint, h *history, operation string, amount int64, say func(string, string, ...any)) {
	if !f.Is(operation, amount) {
		say(ruleMoved, "%s (%s) is COMMITTED over %d, and its %s side has %+d by %d movements", h.key, strings.Join(h.transactions, ", "),
			h.order.Cents, operation, f.Net, len(f.Done))
	}
}
