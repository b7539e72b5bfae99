package record

// The intents of a MessageOutcome.
const (
	MessageOutcomeCorrelated    Intent = iota // an instance that waited took it
	MessageOutcomeStarted                     // it started an instance
	MessageOutcomeBuffered                    // nobody waits yet; kept for its time to live
	MessageOutcomeNotCorrelated               // nobody waits and it is not kept
	MessageOutcomeDuplicate                   // the same message id is still buffered
)

var messageOutcomeIntents = []string{"CORRELATED", "STARTED", "BUFFERED", "NOT_CORRELATED", "DUPLICATE"}

// MessageOutcome answers PublishWithOutcome. The record's key is the message.
type MessageOutcome struct {
	Name           string `json:"name"`
	CorrelationKey string `json:"correlationKey"`
	MessageID      string `json:"messageId"`
	// ProcessInstanceKeys are the instances that took the message or were started by it.
	ProcessInstanceKeys []int64 `json:"processInstanceKeys"`
	TenantID            string  `json:"tenantId"`
}

// ValueType implements Value.
func (*MessageOutcome) ValueType() ValueType { return MessageOutcomeValue }

// Fields implements Value.
func (v *MessageOutcome) Fields(c *Codec) {
	c.String(&v.Name)
	c.String(&v.CorrelationKey)
	c.String(&v.MessageID)
	c.Ints(&v.ProcessInstanceKeys)
	tenant(c, &v.TenantID)
}
