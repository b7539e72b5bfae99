package record

// The intents of a ProcessEvent.
const (
	ProcessEventTriggering Intent = iota
	ProcessEventTriggered
)

var processEventIntents = []string{"TRIGGERING", "TRIGGERED"}

// ProcessEvent is an event (a timer, a message, an error) that has hit a scope and waits there
// for the element it targets to take it, with the variables it brings.
type ProcessEvent struct {
	ScopeKey             int64    `json:"scopeKey"`
	ProcessDefinitionKey int64    `json:"processDefinitionKey"`
	ProcessInstanceKey   int64    `json:"processInstanceKey"`
	TargetElementID      string   `json:"targetElementId"`
	Variables            Document `json:"variables"`
	TenantID             string   `json:"tenantId"`
}

// ValueType implements Value.
func (*ProcessEvent) ValueType() ValueType { return ProcessEventValue }

// Fields implements Value.
func (v *ProcessEvent) Fields(c *Codec) {
	c.Int(&v.ScopeKey)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	c.String(&v.TargetElementID)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
}
