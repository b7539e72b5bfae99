package record

// The intents of a Routing.
const (
	RoutingUpdate     Intent = iota
	RoutingUpdated           //
	RoutingDistribute        // command of partition 1 to itself: mail the definitions from Key on to the partition Partitions
)

var routingIntents = []string{"UPDATE", "UPDATED", "DISTRIBUTE"}

// Routing says how many partitions there are. Partitions only grows; MessagePartitions, over
// which correlation keys are hashed, stays what it was when the cluster was formed, so that no
// live key moves. Partition 1 keeps it, and mails all definitions to a new partition.
type Routing struct {
	Partitions        int32 `json:"partitions"`
	MessagePartitions int32 `json:"messagePartitions"` // UPDATE: 0 leaves it; another number than the one in force is rejected INVALID_STATE
}

// ValueType implements Value.
func (*Routing) ValueType() ValueType { return RoutingValue }

// Fields implements Value.
func (v *Routing) Fields(c *Codec) {
	c.Int32(&v.Partitions)
	c.Int32(&v.MessagePartitions)
}
