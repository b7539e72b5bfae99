package check

import (
	"errors"
	"maps"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// call is one operation of a client.
type call struct {
	requestID  uint64
	partition  int32
	command    *record.Record
	invokedAt  int64
	answeredAt int64
	done       bool
	answer     *record.Record
	err        error

	position   int64 // of its command in the log; 0 while it is not there
	rejected   bool
	rejection  record.RejectionType
	happened   bool // the event that its answer names is in the log, see watch
	eventKey   int64
	eventCount int
}

// lookup is one read of a client.
type lookup struct {
	invokedAt, answeredAt int64
	partition             int32
	request               LookupRequest
	found                 Found
}

// refused tells whether the call surely had no effect.
func (c *call) refused() bool {
	return errors.Is(c.err, ErrUnavailable) || errors.Is(c.err, ErrOverloaded) || errors.Is(c.err, ErrQuarantined)
}

// calls knows the operations of clients and finds them in the log (I12). A command is told by its operation reference, which
// the workload never uses twice; what has none is not followed.
type calls struct {
	deaf
	j           *Judge
	byID        map[uint64]*call
	byReference map[uint64]*call
}

func newCalls(j *Judge) *calls {
	return &calls{j: j, byID: map[uint64]*call{}, byReference: map[uint64]*call{}}
}

// open notes that a client has sent a command.
func (k *calls) open(id uint64, partition int32, command *record.Record, at int64) *call {
	c := &call{requestID: id, partition: partition, command: command, invokedAt: at}
	k.byID[id] = c
	if ref := command.OperationReference; ref != 0 {
		k.byReference[ref] = c
	}
	return c
}

// close notes the answer; nil for a request that is not known or was answered before.
func (k *calls) close(id uint64, answer *record.Record, err error, at int64) *call {
	c := k.byID[id]
	if c == nil {
		k.j.blame(RuleAcknowledge, where{}, "request %d was answered, but nobody asked it, or it was answered before", id)
		return nil
	}
	delete(k.byID, id)
	c.done, c.answeredAt, c.err = true, at, err
	if err == nil {
		c.answer = answer
	}
	return c
}

// listens implements recordListener: commands of clients, and what became of them.
func (k *calls) listens() []record.ValueType { return record.ValueTypes() }

// record finds the commands of clients in the log.
func (k *calls) record(e *Entry, r *record.Record) {
	if r.OperationReference == 0 {
		return
	}
	c := k.byReference[r.OperationReference]
	if c == nil || c.command.ValueType != r.ValueType {
		if c == nil && r.Type == record.Command && r.SourcePosition < 0 {
			k.j.blame(RuleAcknowledge, of(e, r), "the log has a %s %s with operation reference %d, which no client sent",
				r.ValueType, r.IntentName(), r.OperationReference)
		}
		return
	}
	switch {
	case r.Type == record.Command && r.SourcePosition < 0:
		k.found(e, r, c)
	case r.SourcePosition != c.position:
	case r.Type == record.CommandRejection:
		c.rejected, c.rejection = true, r.RejectionType
	case r.Type == record.Event && answering(r):
		c.happened, c.eventKey = true, r.Key
		c.eventCount++
	}
}

// found judges a client's command in the log.
func (k *calls) found(e *Entry, r *record.Record, c *call) {
	switch {
	case c.position != 0:
		k.j.blame(RuleAcknowledge, of(e, r), "the %s %s of request %d is in the log twice, first at %d", r.ValueType, r.IntentName(), c.requestID, c.position)
		return
	case c.partition != e.Partition:
		k.j.blame(RuleAcknowledge, of(e, r), "the %s %s of request %d was for partition %d", r.ValueType, r.IntentName(), c.requestID, c.partition)
	case c.done && c.refused():
		k.j.blame(RuleAcknowledge, of(e, r), "the %s %s of request %d was answered %q and is in the log all the same",
			r.ValueType, r.IntentName(), c.requestID, c.err)
	}
	c.position = r.Position
}

// answering tells whether a record is the event that answers a command of its value type.
func answering(r *record.Record) bool {
	switch r.ValueType {
	case record.JobValue:
		return r.Intent == record.JobCompleted || r.Intent == record.JobFailed || r.Intent == record.JobErrorThrown ||
			r.Intent == record.JobRetriesUpdated || r.Intent == record.JobTimeoutUpdated
	case record.ProcessInstanceCreationValue:
		return r.Intent == record.ProcessInstanceCreationCreated
	case record.CreatedOnceValue:
		return r.Intent == record.CreatedOnceCreated
	case record.MessageValue:
		return r.Intent == record.MessagePublished
	case record.IncidentValue:
		return r.Intent == record.IncidentResolved
	case record.DeploymentValue:
		return r.Intent == record.DeploymentCreated
	}
	return false
}

// answered judges an answer against the log as it is committed so far: an answer before the commit is as wrong as one
// without.
func (k *calls) answered(c *call) {
	ref := c.command.OperationReference
	if ref == 0 {
		return
	}
	name := c.command.ValueType.String() + " " + c.command.IntentName()
	at := where{partition: c.partition, position: c.position, key: c.command.Key}
	switch {
	case c.err != nil && c.refused() && c.position != 0:
		k.j.blame(RuleAcknowledge, at, "the %s of request %d is in the log and was answered %q", name, c.requestID, c.err)
	case c.err != nil:
	case c.position == 0:
		k.j.blame(RuleAcknowledge, at, "the %s of request %d was answered before, or without, being in the committed log", name, c.requestID)
	case c.answer.IsRejection() && !c.rejected:
		k.j.blame(RuleAcknowledge, at, "the %s of request %d was answered with a rejection (%s) that the log does not have", name, c.requestID, c.answer.RejectionReason)
	case !c.answer.IsRejection() && c.rejected && !c.happened:
		k.j.blame(RuleAcknowledge, at, "the %s of request %d was answered with %s, and the log has its rejection", name, c.requestID, c.answer.IntentName())
	case c.answer.Type == record.Event && c.answer.ValueType == c.command.ValueType && answering(c.answer) && (!c.happened || c.eventKey != c.answer.Key):
		k.j.blame(RuleAcknowledge, at, "the %s of request %d was answered with %s of %d, which the log does not have", name, c.requestID, c.answer.IntentName(), c.answer.Key)
	}
}

// end looks for acknowledged commands that had more than one effect.
func (k *calls) end([]string) {
	if len(k.byID) > 0 {
		first := slices.Min(slices.Collect(maps.Keys(k.byID)))
		c := k.byID[first]
		k.j.blame(RuleAcknowledge, where{partition: c.partition, key: c.command.Key}, "%d requests were never answered, not even with an error; the first is %d, a %s %s sent at %d",
			len(k.byID), first, c.command.ValueType, c.command.IntentName(), c.invokedAt)
	}
}
