package record

// The intents of CreatedOnce.
const (
	CreatedOnceCreate   Intent = iota // command: start an instance unless the idempotency key is known
	CreatedOnceCreated                // the key was new and an instance was started
	CreatedOnceRepeated               // answer only: the key is known, its first answer again
	CreatedOnceEnded                  // the instance of the key has ended
	CreatedOnceExpire                 // command: forget the key, its retention is over
	CreatedOnceExpired                // the key is forgotten
)

var createdOnceIntents = []string{"CREATE", "CREATED", "REPEATED", "ENDED", "EXPIRE", "EXPIRED"}

// The states of an instance that was created once.
const (
	InstanceActive     = "ACTIVE"
	InstanceCompleted  = "COMPLETED"
	InstanceTerminated = "TERMINATED"
)

// CreatedOnce is an idempotency key (tenant, API, caller's id) and the instance it made. It
// outlives the instance, so that a repeat gets the first answer and Lookup can tell the end.
type CreatedOnce struct {
	TenantID             string   `json:"tenantId"` // the payment's tenant, part of the idempotency key
	API                  string   `json:"api"`
	IdempotencyKey       string   `json:"idempotencyKey"`
	BodyHash             []byte   `json:"bodyHash"`
	BpmnProcessID        string   `json:"bpmnProcessId"`
	Version              int32    `json:"version"`
	ProcessDefinitionKey int64    `json:"processDefinitionKey"`
	ProcessInstanceKey   int64    `json:"processInstanceKey"`
	State                string   `json:"state"`
	CreatedAt            int64    `json:"createdAt"` // ms since the epoch
	EndedAt              int64    `json:"endedAt"`   // ms since the epoch, -1 while active
	Expiry               int64    `json:"expiry"`    // ms since the epoch
	Variables            Document `json:"variables"` // of the root scope: at the create, then at the end
}

// ValueType implements Value.
func (*CreatedOnce) ValueType() ValueType { return CreatedOnceValue }

// Fields implements Value.
func (v *CreatedOnce) Fields(c *Codec) {
	tenant(c, &v.TenantID)
	c.String(&v.API)
	c.String(&v.IdempotencyKey)
	c.Blob(&v.BodyHash)
	c.String(&v.BpmnProcessID)
	c.Int32(&v.Version)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	c.String(&v.State)
	c.Int(&v.CreatedAt)
	c.Int(&v.EndedAt)
	c.Int(&v.Expiry)
	v.Variables.fields(c)
}
