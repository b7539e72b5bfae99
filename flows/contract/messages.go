package contract

// MessageOperatorDecision is the message by which a person ends an unknown outcome. Its correlation key is the
// operation's [Key], so that a decision about a credit can never be taken for one about a booking; its variables
// are an [OperatorMessage].
const MessageOperatorDecision = "operator-decision"

// Messages lists every message name of the vocabulary.
func Messages() []string { return []string{MessageOperatorDecision} }

// Decision is what an operator found out, or wants.
type Decision string

// The decisions.
const (
	DecideDone     Decision = "done"     // it has happened: the operator saw it in the ledger
	DecideRejected Decision = "rejected" // it has not happened and never will
	DecideRetry    Decision = "retry"    // ask the account system again, now
)

// OperatorMessage is the content of MessageOperatorDecision.
type OperatorMessage struct {
	Operator OperatorDecision `json:"operator"`
}

// OperatorDecision says what was decided, by whom and why.
type OperatorDecision struct {
	Decision  Decision `json:"decision"`
	Reference string   `json:"reference,omitempty"` // what the operator saw in the ledger
	Reason    string   `json:"reason"`
	By        string   `json:"by"`
}
