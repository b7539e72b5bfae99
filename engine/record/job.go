package record

// The intents of a Job.
const (
	JobCreated Intent = iota
	JobComplete
	JobCompleted
	JobTimeOut
	JobTimedOut
	JobFail
	JobFailed
	JobUpdateRetries
	JobRetriesUpdated
	JobCancel
	JobCanceled
	JobThrowError
	JobErrorThrown
	JobRecurAfterBackoff
	JobRecurredAfterBackoff
	JobYield
	JobYielded
	JobUpdateTimeout
	JobTimeoutUpdated
)

var jobIntents = []string{
	"CREATED", "COMPLETE", "COMPLETED", "TIME_OUT", "TIMED_OUT", "FAIL", "FAILED", "UPDATE_RETRIES",
	"RETRIES_UPDATED", "CANCEL", "CANCELED", "THROW_ERROR", "ERROR_THROWN", "RECUR_AFTER_BACKOFF",
	"RECURRED_AFTER_BACKOFF", "YIELD", "YIELDED", "UPDATE_TIMEOUT", "TIMEOUT_UPDATED",
}

// Job is work for a worker. The record's key is the job. In commands the fields that the
// command sets are filled, and what the worker gives back is in Variables.
type Job struct {
	Type                     string   `json:"type"`
	Worker                   string   `json:"worker"`
	Retries                  int32    `json:"retries"`
	RetryBackoff             int64    `json:"retryBackoff"`  // ms
	RecurringTime            int64    `json:"recurringTime"` // ms since the epoch, -1 if none
	Deadline                 int64    `json:"deadline"`      // ms since the epoch, -1 if none
	Timeout                  int64    `json:"timeout"`       // ms
	ErrorMessage             string   `json:"errorMessage"`
	ErrorCode                string   `json:"errorCode"`
	CustomHeaders            Document `json:"customHeaders"`
	Variables                Document `json:"variables"`
	ElementID                string   `json:"elementId"`
	ElementInstanceKey       int64    `json:"elementInstanceKey"`
	BpmnProcessID            string   `json:"bpmnProcessId"`
	ProcessDefinitionVersion int32    `json:"processDefinitionVersion"`
	ProcessDefinitionKey     int64    `json:"processDefinitionKey"`
	ProcessInstanceKey       int64    `json:"processInstanceKey"`
	TenantID                 string   `json:"tenantId"`
	Tags                     []string `json:"tags"`
	// Uncaught says, with ERROR_THROWN, that no error event catches the error.
	Uncaught bool `json:"-"`
}

// ValueType implements Value.
func (*Job) ValueType() ValueType { return JobValue }

// Fields implements Value.
func (v *Job) Fields(c *Codec) {
	c.String(&v.Type)
	c.String(&v.Worker)
	c.Int32(&v.Retries)
	c.Int(&v.RetryBackoff)
	c.Int(&v.RecurringTime)
	c.Int(&v.Deadline)
	c.Int(&v.Timeout)
	c.String(&v.ErrorMessage)
	c.String(&v.ErrorCode)
	v.CustomHeaders.fields(c)
	v.Variables.fields(c)
	c.String(&v.ElementID)
	c.Int(&v.ElementInstanceKey)
	c.String(&v.BpmnProcessID)
	c.Int32(&v.ProcessDefinitionVersion)
	c.Int(&v.ProcessDefinitionKey)
	c.Int(&v.ProcessInstanceKey)
	tenant(c, &v.TenantID)
	c.Strings(&v.Tags)
	c.Bool(&v.Uncaught)
}
