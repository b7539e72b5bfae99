package tidy

// Allowance is one exception to a rule, with the reason why it stands.
type Allowance struct {
	// Rule is the rule's name.
	Rule string
	// Name is the offence's name as the report prints it in brackets.
	Name string
	// Reason says why it is better so.
	Reason string
}

// Allowed are the exceptions. The list may only shrink: an entry that is no longer needed fails
// the test, and a new one needs maxAllowed to be raised, which a reviewer sees.
var Allowed = []Allowance{}

// maxAllowed is the length of the list.
const maxAllowed = 0
