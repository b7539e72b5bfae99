package record

// The intents of an Error.
const (
	ErrorCreated Intent = iota
)

var errorIntents = []string{"CREATED"}

// Error tells of a command that could not be processed: it was set aside, so that the partition
// goes on, and its process instance is not touched again by it.
type Error struct {
	ExceptionMessage   string `json:"exceptionMessage"`
	Stacktrace         string `json:"stacktrace"`
	ErrorEventPosition int64  `json:"errorEventPosition"`
	ProcessInstanceKey int64  `json:"processInstanceKey"`
}

// ValueType implements Value.
func (*Error) ValueType() ValueType { return ErrorValue }

// Fields implements Value.
func (v *Error) Fields(c *Codec) {
	c.String(&v.ExceptionMessage)
	c.String(&v.Stacktrace)
	c.Int(&v.ErrorEventPosition)
	c.Int(&v.ProcessInstanceKey)
}
