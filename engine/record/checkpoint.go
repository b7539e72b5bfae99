package record

// The intents of a Checkpoint.
const (
	CheckpointCreate Intent = iota
	CheckpointCreated
)

var checkpointIntents = []string{"CREATE", "CREATED"}

// Checkpoint marks the place in a partition's log at which its state is kept for a backup. The
// numbers grow; a CREATE whose number is not above the last one is rejected ALREADY_EXISTS. The
// states of all partitions at the same number are a consistent cut, because mail carries the
// number and makes its receiver take the checkpoint first.
type Checkpoint struct {
	Number int64 `json:"number"` // from 1
}

// ValueType implements Value.
func (*Checkpoint) ValueType() ValueType { return CheckpointValue }

// Fields implements Value.
func (v *Checkpoint) Fields(c *Codec) { c.Int(&v.Number) }
