package record

// The intents of a Timer.
const (
	TimerCreated Intent = iota
	TimerTrigger
	TimerTriggered
	TimerCancel
	TimerCanceled
)

var timerIntents = []string{"CREATED", "TRIGGER", "TRIGGERED", "CANCEL", "CANCELED"}

// Timer waits for its due date. The record's key is the timer. ElementInstanceKey and
// ProcessInstanceKey are -1 for a timer start event.
type Timer struct {
	ElementInstanceKey   int64  `json:"elementInstanceKey"`
	ProcessInstanceKey   int64  `json:"processInstanceKey"`
	ProcessDefinitionKey int64  `json:"processDefinitionKey"`
	TargetElementID      string `json:"targetElementId"`
	DueDate              int64  `json:"dueDate"`     // ms since the epoch
	Repetitions          int32  `json:"repetitions"` // left, this one included; -1 without end
	TenantID             string `json:"tenantId"`
}

// ValueType implements Value.
func (*Timer) ValueType() ValueType { return TimerValue }

// Fields implements Value.
func (v *Timer) Fields(c *Codec) {
	c.Int(&v.ElementInstanceKey)
	c.Int(&v.ProcessInstanceKey)
	c.Int(&v.ProcessDefinitionKey)
	c.String(&v.TargetElementID)
	c.Int(&v.DueDate)
	c.Int32(&v.Repetitions)
	tenant(c, &v.TenantID)
}
