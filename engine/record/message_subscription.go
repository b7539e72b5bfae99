package record

// The intents of a MessageSubscription.
const (
	MessageSubscriptionCreate Intent = iota
	MessageSubscriptionCreated
	MessageSubscriptionCorrelate
	MessageSubscriptionCorrelated
	MessageSubscriptionReject
	MessageSubscriptionRejected
	MessageSubscriptionDelete
	MessageSubscriptionDeleted
	MessageSubscriptionCorrelating
)

var messageSubscriptionIntents = []string{
	"CREATE", "CREATED", "CORRELATE", "CORRELATED", "REJECT", "REJECTED", "DELETE", "DELETED", "CORRELATING",
}

// MessageSubscription is a waiting element instance as the partition of its correlation key
// knows it. The record's key is the subscription.
type MessageSubscription struct {
	ProcessInstanceKey int64    `json:"processInstanceKey"`
	ElementInstanceKey int64    `json:"elementInstanceKey"`
	BpmnProcessID      string   `json:"bpmnProcessId"`
	MessageName        string   `json:"messageName"`
	MessageKey         int64    `json:"messageKey"`
	CorrelationKey     string   `json:"correlationKey"`
	IsInterrupting     bool     `json:"interrupting"`
	Variables          Document `json:"variables"`
	TenantID           string   `json:"tenantId"`
}

// ValueType implements Value.
func (*MessageSubscription) ValueType() ValueType { return MessageSubscriptionValue }

// Fields implements Value.
func (v *MessageSubscription) Fields(c *Codec) {
	c.Int(&v.ProcessInstanceKey)
	c.Int(&v.ElementInstanceKey)
	c.String(&v.BpmnProcessID)
	c.String(&v.MessageName)
	c.Int(&v.MessageKey)
	c.String(&v.CorrelationKey)
	c.Bool(&v.IsInterrupting)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
}
