package record

// The intents of a Message.
const (
	MessagePublish Intent = iota
	MessagePublished
	MessageExpire
	MessageExpired
)

var messageIntents = []string{"PUBLISH", "PUBLISHED", "EXPIRE", "EXPIRED"}

// Message is a published message, buffered for its time to live. The record's key is the message.
type Message struct {
	Name           string   `json:"name"`
	CorrelationKey string   `json:"correlationKey"`
	MessageID      string   `json:"messageId"`
	TimeToLive     int64    `json:"timeToLive"` // ms
	Deadline       int64    `json:"deadline"`   // ms since the epoch, -1 if not set yet
	Variables      Document `json:"variables"`
	TenantID       string   `json:"tenantId"`
	// WithOutcome asks for a MessageOutcome as the answer to PUBLISH.
	WithOutcome bool `json:"-"`
}

// ValueType implements Value.
func (*Message) ValueType() ValueType { return MessageValue }

// Fields implements Value.
func (v *Message) Fields(c *Codec) {
	c.String(&v.Name)
	c.String(&v.CorrelationKey)
	c.String(&v.MessageID)
	c.Int(&v.TimeToLive)
	c.Int(&v.Deadline)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
	c.Bool(&v.WithOutcome)
}
