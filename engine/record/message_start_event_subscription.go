package record

// The intents of a MessageStartEventSubscription.
const (
	MessageStartEventSubscriptionCreated Intent = iota
	MessageStartEventSubscriptionCorrelated
	MessageStartEventSubscriptionDeleted
)

var messageStartEventSubscriptionIntents = []string{"CREATED", "CORRELATED", "DELETED"}

// MessageStartEventSubscription is a process definition that a message starts. The record's key
// is the subscription.
type MessageStartEventSubscription struct {
	ProcessDefinitionKey int64    `json:"processDefinitionKey"`
	BpmnProcessID        string   `json:"bpmnProcessId"`
	StartEventID         string   `json:"startEventId"`
	MessageName          string   `json:"messageName"`
	MessageKey           int64    `json:"messageKey"`
	CorrelationKey       string   `json:"correlationKey"`
	ProcessInstanceKey   int64    `json:"processInstanceKey"`
	Variables            Document `json:"variables"`
	TenantID             string   `json:"tenantId"`
}

// ValueType implements Value.
func (*MessageStartEventSubscription) ValueType() ValueType {
	return MessageStartEventSubscriptionValue
}

// Fields implements Value.
func (v *MessageStartEventSubscription) Fields(c *Codec) {
	c.Int(&v.ProcessDefinitionKey)
	c.String(&v.BpmnProcessID)
	c.String(&v.StartEventID)
	c.String(&v.MessageName)
	c.Int(&v.MessageKey)
	c.String(&v.CorrelationKey)
	c.Int(&v.ProcessInstanceKey)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
}
