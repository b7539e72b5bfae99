package record

// The intents of a Deployment.
const (
	DeploymentCreate Intent = iota
	DeploymentCreated
	DeploymentDistribute
	DeploymentDistributed
	DeploymentFullyDistributed
)

var deploymentIntents = []string{"CREATE", "CREATED", "DISTRIBUTE", "DISTRIBUTED", "FULLY_DISTRIBUTED"}

// Deployment brings resources in, all or none. The record's key is the deployment.
type Deployment struct {
	Resources         []DeploymentResource `json:"resources"`
	ProcessesMetadata []ProcessMetadata    `json:"processesMetadata"`
	DeploymentKey     int64                `json:"deploymentKey"`
	TenantID          string               `json:"tenantId"`
}

// DeploymentResource is one file of a deployment.
type DeploymentResource struct {
	Resource     []byte `json:"resource"`
	ResourceName string `json:"resourceName"`
}

// ProcessMetadata is one process that a deployment brought, or already had.
type ProcessMetadata struct {
	BpmnProcessID        string `json:"bpmnProcessId"`
	Version              int32  `json:"version"`
	ProcessDefinitionKey int64  `json:"processDefinitionKey"`
	ResourceName         string `json:"resourceName"`
	Checksum             []byte `json:"checksum"` // of the resource
	IsDuplicate          bool   `json:"duplicate"`
	TenantID             string `json:"tenantId"`
}

// ValueType implements Value.
func (*Deployment) ValueType() ValueType { return DeploymentValue }

// Fields implements Value.
func (v *Deployment) Fields(c *Codec) {
	List(c, &v.Resources, func(r *DeploymentResource, c *Codec) {
		c.Blob(&r.Resource)
		c.String(&r.ResourceName)
	})
	List(c, &v.ProcessesMetadata, func(p *ProcessMetadata, c *Codec) {
		c.String(&p.BpmnProcessID)
		c.Int32(&p.Version)
		c.Int(&p.ProcessDefinitionKey)
		c.String(&p.ResourceName)
		c.Blob(&p.Checksum)
		c.Bool(&p.IsDuplicate)
		tenant(c, &p.TenantID)
	})
	c.Int(&v.DeploymentKey)
	tenant(c, &v.TenantID)
}
