package check

import "github.com/payhub/payhub/engine/record"

// correlation proves that a message reaches at most one instance of each process, and starts at most one.
type correlation struct {
	deaf
	j     *Judge
	taken map[messageOf]int64 // instance that has it
}

// messageOf is a message for a process.
type messageOf struct {
	message int64
	process string
}

func newCorrelation(j *Judge) *correlation {
	return &correlation{j: j, taken: map[messageOf]int64{}}
}

func (k *correlation) listens() []record.ValueType {
	return []record.ValueType{record.ProcessMessageSubscriptionValue, record.MessageStartEventSubscriptionValue}
}

func (k *correlation) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		return
	}
	switch v := r.Value.(type) {
	case *record.ProcessMessageSubscription:
		if r.Intent == record.ProcessMessageSubscriptionCorrelated {
			k.take(e, r, v.MessageKey, v.BpmnProcessID, v.MessageName, v.ProcessInstanceKey)
		}
	case *record.MessageStartEventSubscription:
		if r.Intent == record.MessageStartEventSubscriptionCorrelated {
			k.take(e, r, v.MessageKey, v.BpmnProcessID, v.MessageName, v.ProcessInstanceKey)
		}
	}
}

// take notes who has a message.
func (k *correlation) take(e *Entry, r *record.Record, message int64, process, name string, instance int64) {
	m := messageOf{message, process}
	if other, taken := k.taken[m]; taken {
		k.j.blame(RuleCorrelation, of(e, r), "message %d (%s) is taken by instance %d of %s and was taken by %d", message, name, instance, process, other)
		return
	}
	k.taken[m] = instance
}
