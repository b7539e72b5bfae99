package record

// The intents of a ProcessInstanceResult.
const (
	ProcessInstanceResultCompleted Intent = iota
)

var processInstanceResultIntents = []string{"COMPLETED"}

// ProcessInstanceResult answers a create that waited for the instance to complete.
type ProcessInstanceResult struct {
	BpmnProcessID        string   `json:"bpmnProcessId"`
	Version              int32    `json:"version"`
	ProcessDefinitionKey int64    `json:"processDefinitionKey"`
	ProcessInstanceKey   int64    `json:"processInstanceKey"`
	Variables            Document `json:"variables"`
	TenantID             string   `json:"tenantId"`
	Tags                 []string `json:"tags"`
	BusinessID           string   `json:"businessId,omitempty"`
}

// ValueType implements Value.
func (*ProcessInstanceResult) ValueType() ValueType { return ProcessInstanceResultValue }

// Fields implements Value.
func (v *ProcessInstanceResult) Fields(c *Codec) {
	c.String(&v.BpmnProcessID)
	c.Int32(&v.Version)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
	c.Strings(&v.Tags)
	c.String(&v.BusinessID)
}
