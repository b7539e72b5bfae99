package record

// The intents of a MessageOutcome.
const (
	MessageOutcomeCorrelated    Intent = iota // an instance that waited has confirmed that it took it
	MessageOutcomeStarted                     // it started an instance
	MessageOutcomeBuffered                    // nobody waits yet; kept for its time to live
	MessageOutcomeNotCorrelated               // nobody waits and it is not kept
	MessageOutcomeDuplicate                   // answer only: the same message id is still buffered
	MessageOutcomeAwaiting                    // it is on its way to instances that have not confirmed it yet
)

var messageOutcomeIntents = []string{"CORRELATED", "STARTED", "BUFFERED", "NOT_CORRELATED", "DUPLICATE", "AWAITING"}

// MessageOutcome answers PublishWithOutcome. The record's key is the message.
//
// The answer waits until every instance that the message was sent to has confirmed that it took
// it, or has given it back because it no longer waited: so CORRELATED is a fact at the instance's
// partition, not a hope. While that partition is away there is no answer, and the caller's
// deadline says that the outcome is not known; the message is then kept on its way all the same.
type MessageOutcome struct {
	Name           string `json:"name"`
	CorrelationKey string `json:"correlationKey"`
	MessageID      string `json:"messageId"`
	// ProcessInstanceKeys are the instances that took the message or were started by it.
	ProcessInstanceKeys []int64 `json:"processInstanceKeys"`
	TenantID            string  `json:"tenantId"`

	// StartedKeys, Pending and RequestID are those of AWAITING: the instances it has started, how
	// many have not confirmed it, and the call that waits.
	StartedKeys []int64 `json:"-"`
	Pending     int32   `json:"-"`
	RequestID   uint64  `json:"-"`
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
	c.Ints(&v.StartedKeys)
	c.Int32(&v.Pending)
	c.Uint(&v.RequestID)
}
