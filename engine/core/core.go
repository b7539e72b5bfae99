// Package core is the engine as a pure state machine: commands, a time and a seed go in, a batch
// comes out. It has no goroutine, clock, randomness or file; the same input on the same state
// gives the same batch.
package core

import (
	"github.com/payhub/payhub/engine/process"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// What a decision has to do with the world outside.
type (
	// Response answers a command whose caller waits.
	Response = step.Response
	// Push is a job that was activated for a stream.
	Push = step.Push
	// Streams knows the workers that have jobs pushed to them.
	Streams = step.Streams
	// StreamTarget is a job stream that takes one more job.
	StreamTarget = step.StreamTarget
)

// Command is a command for a partition.
type Command struct {
	// RequestID is the caller that waits for an answer, 0 if nobody does.
	RequestID uint64
	Record    record.Record
}

// Limits bound one decision and say how long things are kept. The zero Limits are the defaults.
type Limits struct {
	// MaxRecords is the size from which a decision puts what follows off to the next one; 0 is 5,000.
	MaxRecords int
	// MaxBytes is the size of what was written, in bytes, from which a decision does the same; 0 is 4 MiB.
	MaxBytes int
	// IdempotencyRetention is how long an idempotency key is kept after its instance has ended,
	// in milliseconds; 0 is 90 days.
	IdempotencyRetention int64
}

// defaultRetention is 90 days.
const defaultRetention = 90 * 24 * 60 * 60 * 1000

// Core decides for one partition. It is not safe for concurrent use.
type Core struct {
	reader  state.Reader
	overlay *state.Overlay
	step    *step.Step
	view    *state.View
	limits  Limits
	hash    [record.HashSize]byte
	cursors cursors
	decided cursors // the cursors once the decision in hand is committed
	leaving bool    // the last decision left what was put off
}

// New makes the core of a partition, over what has been applied so far. count is the number of
// partitions with which the cluster was formed, over which correlation keys are hashed for ever;
// that there are more by now is in the state of partition 1 (record.Routing).
func New(partition, count int32, reader state.Reader, limits Limits) *Core {
	if limits.MaxRecords == 0 {
		limits.MaxRecords = 5000
	}
	if limits.MaxBytes == 0 {
		limits.MaxBytes = 4 << 20
	}
	if limits.IdempotencyRetention == 0 {
		limits.IdempotencyRetention = defaultRetention
	}
	definitions := state.NewDefinitions()
	overlay := state.NewOverlay(reader)
	c := &Core{
		reader: reader, overlay: overlay, limits: limits,
		step: step.New(partition, count, limits.IdempotencyRetention, overlay, definitions),
		view: state.NewView(reader, definitions),
	}
	c.hash = c.view.LastHash()
	c.cursors = unknown()
	return c
}

// Input is everything a decision depends on.
type Input struct {
	// Now is the time in milliseconds since the Unix epoch; a decision never goes back behind
	// the one before it.
	Now int64
	// Seed feeds what expressions draw at random.
	Seed     uint64
	Commands []Command
	// Streams are the workers that have jobs pushed to them; nil if there are none.
	Streams Streams
	// LeavePutOff leaves what earlier decisions put off where it is: because going on with it
	// makes the engine fail.
	LeavePutOff bool
}

// Output is what a decision comes to. Nothing of it may leave the partition before the batch is
// committed.
type Output struct {
	Batch     *record.Batch // nil if nothing happened
	Responses []Response
	Pushes    []Push
	// Sends are the batch's, for the courier.
	Sends []record.Send
	// Checkpoint, unless 0, is the number under which the state is to be kept for a backup: after
	// this batch is committed and before the next decision.
	Checkpoint int64
}

// Decide processes the commands and what is due. The state stays as it is until the batch has
// been applied and Committed called; until then Decide may be called again, as if it had not been.
func (c *Core) Decide(in Input) Output {
	c.overlay.Reset()
	c.step.Begin(in.Now, in.Seed, in.Streams)
	c.decided = c.cursors
	due := c.collectDue(&c.decided)
	if c.leaving = in.LeavePutOff; !c.leaving {
		c.resume()
	}
	c.decideDue(due)
	for i := range in.Commands {
		c.step.Take(in.Commands[i].RequestID, in.Commands[i].Record)
		process.Command(c.step, &in.Commands[i].Record)
		c.followUp()
	}
	c.decided.followUps = c.decided.followUps || c.step.HasPutOff()
	result := c.step.Finish(c.overlay, c.hash)
	out := Output{Batch: result.Batch, Responses: result.Responses, Pushes: result.Pushes, Checkpoint: result.Checkpoint}
	if out.Batch == nil {
		c.cursors = c.decided
		return out
	}
	out.Sends = out.Batch.Sends
	return out
}

// followUp processes what a command has led to, up to the limit; the rest is put off. Whatever the
// limit, an instance is there once its key is told: a command that names it, say to cancel it, must
// not be processed before its activation and find nothing. Zeebe processes commands in the order of
// its log; here new ones do not wait until all that was put off is done.
func (c *Core) followUp() {
	for {
		full := c.step.Size() >= c.limits.MaxRecords || c.step.Written() >= c.limits.MaxBytes
		if full && !step.BeginsInstance(c.step) {
			c.step.PutOff()
			return
		}
		command, ok := c.step.NextFollowUp()
		if !ok {
			return
		}
		process.Command(c.step, command)
	}
}

// resumed is how many commands that were put off one decision takes up again.
const resumed = 100

// resume goes on with what earlier decisions put off.
func (c *Core) resume() {
	if !c.cursors.followUps {
		return
	}
	n := c.step.Resume(resumed)
	c.decided.followUps = n == resumed
	c.followUp()
}

// Committed takes note that a decision's batch has been committed and applied.
func (c *Core) Committed(batch *record.Batch) {
	if batch == nil {
		return
	}
	c.hash = batch.Hash
	c.cursors = c.decided
	c.cursors.note(batch)
}

// Hash is the hash of the last committed batch, which stands for everything before it.
func (c *Core) Hash() [record.HashSize]byte { return c.hash }
