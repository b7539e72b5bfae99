package check

import (
	"bytes"

	"github.com/anishathalye/porcupine"

	"github.com/payhub/payhub/engine/record"
)

// What models are told beside the commands of clients.
type (
	lookupInput struct{}
	// endInput is something that the engine did by itself: state is that of the instance, where it is one.
	endInput struct{ state string }
)

// onceState is an idempotency key: nothing, or an instance.
type onceState struct {
	made     bool
	instance int64
	body     string
	state    string
}

// onceModel: the first create makes the instance, others with the same body get it, others are refused; reads see it from
// then on.
var onceModel = porcupine.Model{
	Init: func() any { return onceState{} },
	Step: func(state, input, output any) (bool, any) {
		s := state.(onceState)
		switch in := input.(type) {
		case *record.CreatedOnce:
			return onceCreate(s, in, output)
		case lookupInput:
			found := output.(Found)
			if !s.made {
				return !found.Found, s
			}
			if s.instance == 0 {
				s.instance = found.ProcessInstanceKey
			}
			return found.Found && found.ProcessInstanceKey == s.instance && found.State == s.state, s
		case endInput:
			if s.made {
				s.state = in.state
			}
			return s.made, s
		}
		return false, s
	},
}

// onceCreate is a create with a key. One without an answer says nothing about the instance it made: zero stands for that,
// and the next answer tells.
func onceCreate(s onceState, in *record.CreatedOnce, output any) (bool, any) {
	same := s.body == string(in.BodyHash)
	answer, answered := output.(*record.Record)
	switch {
	case !answered && s.made:
		return true, s
	case !answered:
		return true, onceState{made: true, body: string(in.BodyHash), state: record.InstanceActive}
	case answer.IsRejection() && answer.RejectionType == record.AlreadyExists:
		return s.made && !same, s
	case answer.IsRejection(): // the process is not deployed yet, say
		return !s.made, s
	case answer.Intent == record.CreatedOnceCreated:
		return !s.made, onceState{made: true, instance: answer.Key, body: string(in.BodyHash), state: record.InstanceActive}
	}
	if s.made && s.instance == 0 {
		s.instance = answer.Key
	}
	return s.made && same && s.instance == answer.Key, s
}

// keyState is what jobs, instances and message ids have in common.
type keyState struct {
	gone  bool // the job or instance has ended
	maybe bool // it may have, or not: an error was thrown, or an answer is missing
	there bool // a message with the id is known
}

// jobModel: a job is completed once; after that, and after the engine canceled it, it is not found.
var jobModel = porcupine.Model{
	Init: func() any { return keyState{} },
	Step: func(state, input, output any) (bool, any) {
		s := state.(keyState)
		if _, ended := input.(endInput); ended {
			return true, keyState{gone: true}
		}
		answer, answered := output.(*record.Record)
		switch {
		case !answered && input == record.JobComplete:
			s.maybe = true // it may be completed, or its worker's word may have come when it could not be
			return true, s
		case !answered:
			s.maybe = s.maybe || input == record.JobThrowError
			return true, s
		case answer.IsRejection() && answer.RejectionType == record.NotFound:
			return s.gone || s.maybe, keyState{gone: true}
		case answer.IsRejection():
			return !s.gone, s
		case input == record.JobComplete:
			return !s.gone, keyState{gone: true}
		}
		s.maybe = s.maybe || input == record.JobThrowError
		return !s.gone, s
	},
}

// cancelModel: an instance can be canceled while it has not ended. The cancel itself only asks for the end, which is an
// event of its own.
var cancelModel = porcupine.Model{
	Init: func() any { return keyState{} },
	Step: func(state, input, output any) (bool, any) {
		s := state.(keyState)
		if _, ended := input.(endInput); ended {
			return true, keyState{gone: true}
		}
		answer, answered := output.(*record.Record)
		switch {
		case !answered:
			return true, s
		case answer.IsRejection():
			return s.gone || answer.RejectionType != record.NotFound, s
		}
		return !s.gone, s
	},
}

// messageModel: an id is taken by the first publish until its message has expired.
var messageModel = porcupine.Model{
	Init: func() any { return keyState{} },
	Step: func(state, input, output any) (bool, any) {
		s := state.(keyState)
		if _, expired := input.(endInput); expired {
			return true, keyState{}
		}
		answer, answered := output.(*record.Record)
		switch {
		case !answered:
			s.there = true
			return true, s
		case answer.IsRejection() && answer.RejectionType == record.AlreadyExists,
			answer.ValueType == record.MessageOutcomeValue && answer.Intent == record.MessageOutcomeDuplicate:
			return s.there, s
		case answer.IsRejection():
			return true, s
		}
		return !s.there, keyState{there: true}
	},
}

// describe puts an operation into words.
func describe(input, output any) string {
	what := "?"
	switch in := input.(type) {
	case *record.CreatedOnce:
		what = sprintf("create with body %x", bytes.TrimRight(in.BodyHash, "\x00"))
	case lookupInput:
		found := output.(Found)
		return sprintf("read: found %t, instance %d %s", found.Found, found.ProcessInstanceKey, found.State)
	case endInput:
		return "the engine: end " + in.state
	case record.Intent:
		what = sprintf("command %d", in)
	}
	answer, answered := output.(*record.Record)
	switch {
	case !answered:
		return what + ": no answer"
	case answer.IsRejection():
		return what + ": " + answer.RejectionType.String()
	}
	return what + sprintf(": %s %d", answer.IntentName(), answer.Key)
}
