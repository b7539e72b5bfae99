package record

// The intents of a ProcessMessageSubscription.
const (
	ProcessMessageSubscriptionCreating Intent = iota
	ProcessMessageSubscriptionCreate
	ProcessMessageSubscriptionCreated
	ProcessMessageSubscriptionCorrelate
	ProcessMessageSubscriptionCorrelated
	ProcessMessageSubscriptionDeleting
	ProcessMessageSubscriptionDelete
	ProcessMessageSubscriptionDeleted
)

var processMessageSubscriptionIntents = []string{
	"CREATING", "CREATE", "CREATED", "CORRELATE", "CORRELATED", "DELETING", "DELETE", "DELETED",
}

// ProcessMessageSubscription is a waiting element instance as its own partition knows it. The
// record's key is the subscription.
type ProcessMessageSubscription struct {
	ProcessInstanceKey int64    `json:"processInstanceKey"`
	ElementInstanceKey int64    `json:"elementInstanceKey"`
	BpmnProcessID      string   `json:"bpmnProcessId"`
	MessageName        string   `json:"messageName"`
	MessageKey         int64    `json:"messageKey"`
	CorrelationKey     string   `json:"correlationKey"`
	IsInterrupting     bool     `json:"interrupting"`
	ElementID          string   `json:"elementId"`
	Variables          Document `json:"variables"`
	TenantID           string   `json:"tenantId"`
}

// ValueType implements Value.
func (*ProcessMessageSubscription) ValueType() ValueType { return ProcessMessageSubscriptionValue }

// Fields implements Value.
func (v *ProcessMessageSubscription) Fields(c *Codec) {
	c.Int(&v.ProcessInstanceKey)
	c.Int(&v.ElementInstanceKey)
	c.String(&v.BpmnProcessID)
	c.String(&v.MessageName)
	c.Int(&v.MessageKey)
	c.String(&v.CorrelationKey)
	c.Bool(&v.IsInterrupting)
	c.String(&v.ElementID)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
}
