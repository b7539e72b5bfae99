package record

// The intents of a Process.
const (
	ProcessCreated Intent = iota
	ProcessDeleting
	ProcessDeleted
)

var processIntents = []string{"CREATED", "DELETING", "DELETED"}

// Process is a deployed process definition. The record's key is the definition.
type Process struct {
	BpmnProcessID        string `json:"bpmnProcessId"`
	Version              int32  `json:"version"`
	VersionTag           string `json:"versionTag"`
	ProcessDefinitionKey int64  `json:"processDefinitionKey"`
	ResourceName         string `json:"resourceName"`
	Checksum             []byte `json:"checksum"` // of the resource
	Resource             []byte `json:"resource"`
	DeploymentKey        int64  `json:"deploymentKey"`
	TenantID             string `json:"tenantId"`
}

// ValueType implements Value.
func (*Process) ValueType() ValueType { return ProcessValue }

// Fields implements Value.
func (v *Process) Fields(c *Codec) {
	c.String(&v.BpmnProcessID)
	c.Int32(&v.Version)
	c.String(&v.VersionTag)
	c.Int(&v.ProcessDefinitionKey)
	c.String(&v.ResourceName)
	c.Blob(&v.Checksum)
	c.Blob(&v.Resource)
	c.Int(&v.DeploymentKey)
	tenant(c, &v.TenantID)
}
