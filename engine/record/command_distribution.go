package record

import "encoding/json"

// The intents of a CommandDistribution.
const (
	CommandDistributionStarted Intent = iota
	CommandDistributionDistributing
	CommandDistributionAcknowledge
	CommandDistributionAcknowledged
	CommandDistributionFinished
)

var commandDistributionIntents = []string{"STARTED", "DISTRIBUTING", "ACKNOWLEDGE", "ACKNOWLEDGED", "FINISHED"}

// CommandDistribution tells how far what partition 1 has decided is known to the others. The
// record's key is what is distributed: a deployment. Zeebe's carries the distributed command as
// well; here the command is in the partition's mail and the record says "{}".
type CommandDistribution struct {
	PartitionID int32     `json:"partitionId"` // whom it is about; of STARTED and FINISHED, who distributes
	QueueID     string    `json:"queueId"`
	Of          ValueType `json:"-"`
	To          Intent    `json:"-"`
}

// ValueType implements Value.
func (*CommandDistribution) ValueType() ValueType { return CommandDistributionValue }

// Fields implements Value.
func (v *CommandDistribution) Fields(c *Codec) {
	c.Int32(&v.PartitionID)
	c.String(&v.QueueID)
	of, to := uint64(v.Of), uint64(v.To)
	c.Uint(&of)
	c.Uint(&to)
	if c.decoding {
		v.Of, v.To = ValueType(of), Intent(to)
	}
}

// MarshalJSON writes value type and intent by their names, as Zeebe does.
func (v *CommandDistribution) MarshalJSON() ([]byte, error) {
	type plain CommandDistribution
	return json.Marshal(struct {
		*plain
		ValueType    string   `json:"valueType"`
		Intent       string   `json:"intent"`
		CommandValue struct{} `json:"commandValue"`
	}{plain: (*plain)(v), ValueType: v.Of.String(), Intent: v.Of.IntentName(v.To)})
}
