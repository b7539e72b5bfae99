package record

// The intents of an Incident.
const (
	IncidentCreated Intent = iota
	IncidentResolve
	IncidentResolved
)

var incidentIntents = []string{"CREATED", "RESOLVE", "RESOLVED"}

// The error types of incidents, Zeebe's names.
const (
	ErrorTypeUnknown             = "UNKNOWN"
	ErrorTypeIOMapping           = "IO_MAPPING_ERROR"
	ErrorTypeJobNoRetries        = "JOB_NO_RETRIES"
	ErrorTypeCondition           = "CONDITION_ERROR"
	ErrorTypeExtractValue        = "EXTRACT_VALUE_ERROR"
	ErrorTypeCalledElement       = "CALLED_ELEMENT_ERROR"
	ErrorTypeUnhandledErrorEvent = "UNHANDLED_ERROR_EVENT"
	ErrorTypeMessageSizeExceeded = "MESSAGE_SIZE_EXCEEDED"
)

// Incident is a step that cannot go on until somebody mends its cause and resolves it. The
// record's key is the incident.
type Incident struct {
	ErrorType            string `json:"errorType"`
	ErrorMessage         string `json:"errorMessage"`
	BpmnProcessID        string `json:"bpmnProcessId"`
	ProcessDefinitionKey int64  `json:"processDefinitionKey"`
	ProcessInstanceKey   int64  `json:"processInstanceKey"`
	ElementID            string `json:"elementId"`
	ElementInstanceKey   int64  `json:"elementInstanceKey"`
	JobKey               int64  `json:"jobKey"`
	VariableScopeKey     int64  `json:"variableScopeKey"`
	TenantID             string `json:"tenantId"`
}

// ValueType implements Value.
func (*Incident) ValueType() ValueType { return IncidentValue }

// Fields implements Value.
func (v *Incident) Fields(c *Codec) {
	c.String(&v.ErrorType)
	c.String(&v.ErrorMessage)
	c.String(&v.BpmnProcessID)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	c.String(&v.ElementID)
	c.Int(&v.ElementInstanceKey)
	c.Int(&v.JobKey)
	c.Int(&v.VariableScopeKey)
	tenant(c, &v.TenantID)
}
