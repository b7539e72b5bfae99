package record

// Send is a command for another partition. It is numbered per target, kept in the sender's outbox
// until the receiver's log has it, and takes effect there exactly once.
type Send struct {
	// Partition is the target.
	Partition int32
	// Sequence numbers the sends to this target: 1, 2, …
	Sequence int64
	// Checkpoint is the sender's newest checkpoint at the time of the decision, 0 if there is none.
	Checkpoint int64
	// Record is the command.
	Record Record
}

// Fields passes the send to the codec, as a row of the outbox is coded.
func (s *Send) Fields(c *Codec) {
	s.numbers(c)
	s.Record.fields(c, 0, 0)
}

func (s *Send) numbers(c *Codec) {
	c.Int32(&s.Partition)
	c.Int(&s.Sequence)
	c.Int(&s.Checkpoint)
}
