package record

// The intents of a ProcessInstanceCreation.
const (
	ProcessInstanceCreationCreate Intent = iota
	ProcessInstanceCreationCreated
	ProcessInstanceCreationCreateWithAwaitingResult
)

var processInstanceCreationIntents = []string{"CREATE", "CREATED", "CREATE_WITH_AWAITING_RESULT"}

// ProcessInstanceCreation starts an instance at its none start event. Either the definition's
// key is given, or its id and a version (-1 is the latest).
type ProcessInstanceCreation struct {
	BpmnProcessID        string   `json:"bpmnProcessId"`
	Version              int32    `json:"version"`
	ProcessDefinitionKey int64    `json:"processDefinitionKey"`
	ProcessInstanceKey   int64    `json:"processInstanceKey"`
	Variables            Document `json:"variables"`
	FetchVariables       []string `json:"fetchVariables"`
	TenantID             string   `json:"tenantId"`
	Tags                 []string `json:"tags"`
	// BusinessID names the instance in the caller's words (Zeebe 8.9); it does not make the
	// creation idempotent.
	BusinessID string `json:"businessId,omitempty"`
	// RequestID is the call that waits for the instance to complete, 0 if none does.
	RequestID uint64 `json:"-"`
}

// ValueType implements Value.
func (*ProcessInstanceCreation) ValueType() ValueType { return ProcessInstanceCreationValue }

// Fields implements Value.
func (v *ProcessInstanceCreation) Fields(c *Codec) {
	c.String(&v.BpmnProcessID)
	c.Int32(&v.Version)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	v.Variables.fields(c)
	c.Strings(&v.FetchVariables)
	tenant(c, &v.TenantID)
	c.Strings(&v.Tags)
	c.String(&v.BusinessID)
	c.Uint(&v.RequestID)
}
