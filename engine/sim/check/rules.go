package check

import (
	"fmt"
	"strings"
)

// The rules that violations name. I1 to I12 are the reliability rules of the same number; a word after the number tells
// the part of a rule that is meant.
const (
	RuleEnds        = "I1"
	RuleConserved   = "I2"
	RuleMoved       = "I3"
	RuleFinal       = "I4"
	RuleChain       = "I5"
	RuleExported    = "I5 export"
	RuleOnce        = "I7"
	RuleReplicas    = "I8"
	RuleReplay      = "I9"
	RuleLinear      = "I10"
	RuleLease       = "I11"
	RuleAvailable   = "I11 again"
	RuleAcknowledge = "I12"
	RuleTimer       = "timer"
	RuleMail        = "mail"
	RuleCut         = "cut"
	RuleLifeCycle   = "life cycle"
	RuleCorrelation = "correlation"
	RuleLeadership  = "leadership"
	RuleResult      = "result"
)

// promises says in words what each rule promises.
var promises = map[string]string{
	RuleEnds:        "everything that was begun ends once the faults have healed",
	RuleConserved:   "money is conserved over all ledgers, and at rest nothing is held",
	RuleMoved:       "a completed payment has exactly one debit and one credit of its amount, a failed one none",
	RuleFinal:       "a final state never changes",
	RuleChain:       "positions strictly increase without gaps, each batch names the one before it, and time never runs backwards",
	RuleExported:    "what is exported is the committed log without holes; only repeats are allowed",
	RuleOnce:        "one idempotency key makes one instance and always gets the same answer; another body is refused",
	RuleReplicas:    "replicas are equal at equal indexes",
	RuleReplay:      "the state is what the committed log makes of an empty one",
	RuleLinear:      "operations on one key are linearizable",
	RuleLease:       "a job has at most one lease at a time, and only a committed one",
	RuleAvailable:   "a job that did not reach its worker is available again at once, not after its lease",
	RuleAcknowledge: "what was acknowledged is in the committed log exactly once; what was surely refused is not",
	RuleTimer:       "a timer fires exactly once, never early, and late by no more than a failover",
	RuleMail:        "mail between partitions is taken in exactly once and in order",
	RuleCut:         "checkpoints of one number fit together: no mail is in one and not yet sent in the other, or gone from both",
	RuleLifeCycle:   "element instances live as BPMN says: activating, activated, completing, completed, or terminated, inside a living scope",
	RuleCorrelation: "a message is given to at most one instance of a process, and starts at most one",
	RuleLeadership:  "a term has one leader, and committed terms never go back",
	RuleResult:      "the result of an instance is that of its own run",
}

// String is the report of a violation, in several lines: what was promised, what was seen, where, and how to see it again.
func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: promised: %s\n  seen: %s\n  where: ", v.Rule, promises[v.Rule], v.What)
	if v.Partition != 0 {
		fmt.Fprintf(&b, "partition %d, ", v.Partition)
	}
	if v.Position != 0 {
		fmt.Fprintf(&b, "position %d, ", v.Position)
	}
	if v.Key != 0 {
		fmt.Fprintf(&b, "key %d, ", v.Key)
	}
	fmt.Fprintf(&b, "at %d ms\n  seed: %d", v.At, v.Seed)
	if v.Replay != "" {
		fmt.Fprintf(&b, "\n  again: %s", v.Replay)
	}
	return b.String()
}

// Signature is what makes two violations the same kind, for a shrinker: the rule alone, because keys and times move when
// anything is left out.
func (v Violation) Signature() string { return v.Rule }
