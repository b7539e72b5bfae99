package record

// The intents of a Delivery.
const (
	DeliveryReceive      Intent = iota // command: mail from another partition
	DeliveryReceived                   // mail was taken; as an answer: how far the receiver has everything
	DeliveryAcknowledge                // command: another partition has had mail of ours
	DeliveryAcknowledged               // mail that was delivered left the outbox
)

var deliveryIntents = []string{"RECEIVE", "RECEIVED", "ACKNOWLEDGE", "ACKNOWLEDGED"}

// Delivery is mail between two partitions: commands that the sender's log numbered 1, 2, … for
// this pair. The receiver's log decides what it takes: what it has had is passed over, a gap is
// not taken. So a command is delivered at least once on the wire, takes effect exactly once, and
// in order.
//
// The commands of a RECEIVE that is taken stand behind it in the receiver's log as records of
// their own; RECEIVE and RECEIVED as recorded hold none.
type Delivery struct {
	From  int32 `json:"fromPartition"`
	To    int32 `json:"toPartition"`
	First int64 `json:"first"` // RECEIVE: number of the first command
	// Through is the number of the last command: of the parcel in RECEIVE, of what the receiver has
	// in RECEIVED, of what leaves the outbox in ACKNOWLEDGE and ACKNOWLEDGED.
	Through int64 `json:"through"`
	// Checkpoint is the newest checkpoint of whoever sent it: of From in RECEIVE, of To in RECEIVED
	// and ACKNOWLEDGE.
	Checkpoint int64 `json:"checkpoint"`
	// Commands have the numbers First, First+1, …; a RECEIVE without commands passes over
	// everything from First through Through.
	Commands []Record `json:"-"`
}

// ValueType implements Value.
func (*Delivery) ValueType() ValueType { return DeliveryValue }

// Fields implements Value.
func (v *Delivery) Fields(c *Codec) {
	c.Int32(&v.From)
	c.Int32(&v.To)
	c.Int(&v.First)
	c.Int(&v.Through)
	c.Int(&v.Checkpoint)
	if c.delivery && c.decoding {
		c.Fail("a delivery inside a delivery")
		return
	}
	c.delivery = true
	List(c, &v.Commands, func(r *Record, c *Codec) { r.fields(c, 0, 0) })
	c.delivery = false
}
