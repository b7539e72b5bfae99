package record

// The intents of a JobBatch.
const (
	JobBatchActivate Intent = iota
	JobBatchActivated
)

var jobBatchIntents = []string{"ACTIVATE", "ACTIVATED"}

// JobBatch hands jobs to a worker. In the log its jobs carry no variables (they are in the
// state at that position); in the answer to the worker they do.
type JobBatch struct {
	Type              string   `json:"type"`
	Worker            string   `json:"worker"`
	Timeout           int64    `json:"timeout"` // ms
	MaxJobsToActivate int32    `json:"maxJobsToActivate"`
	FetchVariables    []string `json:"fetchVariables,omitempty"`
	JobKeys           []int64  `json:"jobKeys"`
	Jobs              []Job    `json:"jobs"`
	Truncated         bool     `json:"truncated"`
	TenantIDs         []string `json:"tenantIds"`
	// Stream is the job stream the jobs are for, 0 when a call waits for the answer.
	Stream uint64 `json:"-"`
}

// ValueType implements Value.
func (*JobBatch) ValueType() ValueType { return JobBatchValue }

// Fields implements Value.
func (v *JobBatch) Fields(c *Codec) {
	c.String(&v.Type)
	c.String(&v.Worker)
	c.Int(&v.Timeout)
	c.Int32(&v.MaxJobsToActivate)
	c.Strings(&v.FetchVariables)
	c.Ints(&v.JobKeys)
	List(c, &v.Jobs, (*Job).Fields)
	c.Bool(&v.Truncated)
	c.Strings(&v.TenantIDs)
	c.Uint(&v.Stream)
}
