package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// tellOutcome answers what became of a message, or has the answer wait until the instances that
// it is on its way to have confirmed it.
func tellOutcome(s *step.Step, m *state.Message, taken, started []int64) {
	o := outcome(&m.Message)
	o.StartedKeys, o.Pending, o.RequestID = started, int32(len(taken)), s.RequestID()
	if o.Pending > 0 {
		s.Emit(m.Key, record.MessageOutcomeAwaiting, o)
		return
	}
	answer, intent := settled(o, m.TimeToLive > 0)
	s.Respond(m.Key, intent, answer)
}

func outcome(m *record.Message) *record.MessageOutcome {
	return &record.MessageOutcome{Name: m.Name, CorrelationKey: m.CorrelationKey, MessageID: m.MessageID, TenantID: m.TenantID}
}

// settled is the answer when nothing is under way any more.
func settled(o *record.MessageOutcome, kept bool) (answer *record.MessageOutcome, intent record.Intent) {
	answer = &record.MessageOutcome{
		Name: o.Name, CorrelationKey: o.CorrelationKey, MessageID: o.MessageID, TenantID: o.TenantID,
		ProcessInstanceKeys: append(append([]int64(nil), o.ProcessInstanceKeys...), o.StartedKeys...),
	}
	switch {
	case len(o.ProcessInstanceKeys) > 0:
		return answer, record.MessageOutcomeCorrelated
	case len(o.StartedKeys) > 0:
		return answer, record.MessageOutcomeStarted
	case kept:
		return answer, record.MessageOutcomeBuffered
	}
	return answer, record.MessageOutcomeNotCorrelated
}

// confirm notes for a call that waits that an instance took the message; giveBack that one did
// not and nobody else could be found.
func confirm(s *step.Step, message, instance int64) { progress(s, message, instance) }

func giveBack(s *step.Step, message int64) { progress(s, message, 0) }

// progress takes an answer of an instance into account, and answers the call that waits once it
// was the last one.
func progress(s *step.Step, message, instance int64) {
	o := s.View.AwaitedOutcome(message)
	if o == nil {
		return
	}
	if instance != 0 {
		o.ProcessInstanceKeys = append(o.ProcessInstanceKeys, instance)
	}
	if o.Pending--; o.Pending > 0 {
		s.Emit(message, record.MessageOutcomeAwaiting, o)
		return
	}
	m := s.View.Message(message)
	answer, intent := settled(o, m != nil && m.Deadline > s.Now())
	s.Emit(message, intent, answer)
	s.RespondTo(o.RequestID, message, intent, answer)
}
