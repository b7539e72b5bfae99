package record

// The intents of a ProcessInstance.
const (
	ProcessInstanceCancel Intent = iota
	SequenceFlowTaken
	ElementActivating
	ElementActivated
	ElementCompleting
	ElementCompleted
	ElementTerminating
	ElementTerminated
	ActivateElement
	CompleteElement
	TerminateElement
	ElementMigrated
)

var processInstanceIntents = []string{
	"CANCEL", "SEQUENCE_FLOW_TAKEN", "ELEMENT_ACTIVATING", "ELEMENT_ACTIVATED", "ELEMENT_COMPLETING",
	"ELEMENT_COMPLETED", "ELEMENT_TERMINATING", "ELEMENT_TERMINATED", "ACTIVATE_ELEMENT",
	"COMPLETE_ELEMENT", "TERMINATE_ELEMENT", "ELEMENT_MIGRATED",
}

// ProcessInstance is the life cycle of one element instance; the process itself is one too. The
// record's key is the element instance.
type ProcessInstance struct {
	BpmnProcessID            string   `json:"bpmnProcessId"`
	Version                  int32    `json:"version"`
	ProcessDefinitionKey     int64    `json:"processDefinitionKey"`
	ProcessInstanceKey       int64    `json:"processInstanceKey"`
	ElementID                string   `json:"elementId"`
	FlowScopeKey             int64    `json:"flowScopeKey"`
	BpmnElementType          string   `json:"bpmnElementType"`
	BpmnEventType            string   `json:"bpmnEventType"`
	ParentProcessInstanceKey int64    `json:"parentProcessInstanceKey"`
	ParentElementInstanceKey int64    `json:"parentElementInstanceKey"`
	TenantID                 string   `json:"tenantId"`
	Tags                     []string `json:"tags"`
	BusinessID               string   `json:"businessId,omitempty"`
	// Origin says, for a process instance, how it came to be.
	Origin Origin `json:"-"`
}

// Origin tells what must happen when a process instance ends, because of how it was started.
type Origin uint8

// The origins, which may come together.
const (
	StartedByMessage Origin = 1 << iota // the next message with its correlation key may start one
	StartedOnce                         // its idempotency key keeps how it ended
	ResultAwaited                       // a call waits for it
)

// ValueType implements Value.
func (*ProcessInstance) ValueType() ValueType { return ProcessInstanceValue }

// Fields implements Value.
func (v *ProcessInstance) Fields(c *Codec) {
	c.String(&v.BpmnProcessID)
	c.Int32(&v.Version)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	c.String(&v.ElementID)
	c.Int(&v.FlowScopeKey)
	c.String(&v.BpmnElementType)
	c.String(&v.BpmnEventType)
	c.Int(&v.ParentProcessInstanceKey)
	c.Int(&v.ParentElementInstanceKey)
	tenant(c, &v.TenantID)
	c.Strings(&v.Tags)
	c.String(&v.BusinessID)
	c.Byte((*uint8)(&v.Origin))
}

// tenant writes the default tenant as an empty string: nearly every record carries it.
func tenant(c *Codec, v *string) {
	s := *v
	if !c.decoding && s == DefaultTenant {
		s = ""
	}
	c.String(&s)
	if c.decoding {
		if s == "" {
			s = DefaultTenant
		}
		*v = s
	}
}
