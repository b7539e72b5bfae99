package process

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/feel"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// timerTrigger fires a due timer: at its element instance or, for a start event, by starting an
// instance. A cycle goes on with its next timer.
func timerTrigger(s *step.Step, command *record.Record) {
	timer := s.View.Timer(command.Key)
	if !TimerWanted(s, timer) || timer.DueDate > s.Now() {
		return
	}
	s.Emit(timer.Key, record.TimerTriggered, &timer.Timer)
	definition := s.View.Definition(timer.ProcessDefinitionKey)
	at := definition.Graph.Element(timer.TargetElementID)
	if timer.Repetitions != 1 && at.Timer != nil {
		again(s, timer, at.Timer)
	}
	if timer.ElementInstanceKey < 0 {
		element.StartByTimer(s, definition, timer.TargetElementID)
		return
	}
	element.Trigger(s, timer.ElementInstanceKey, timer.TargetElementID, nil)
}

// TimerWanted tells whether a timer would fire if it were due: its instance waits for it. One that
// does not will not do so again; nil is not wanted.
func TimerWanted(s *step.Step, timer *state.Timer) bool {
	return timer != nil && (timer.ElementInstanceKey < 0 || element.Waits(s, timer.ElementInstanceKey))
}

// again starts the next timer of a cycle. The cycle's expression is evaluated again, with the
// variables of now, as Zeebe does.
func again(s *step.Step, timer *state.Timer, t *bpmn.Timer) {
	var scope feel.Scope
	if timer.ElementInstanceKey >= 0 {
		scope = element.Scope(s, timer.ElementInstanceKey)
	}
	value, err := t.Expr.Eval(&s.Env, scope)
	if err != nil {
		return
	}
	schedule, err := t.Schedule(value, s.Now())
	if err != nil {
		return
	}
	next, ok := schedule.Next(timer.DueDate, int(timer.Repetitions), s.Now())
	if !ok {
		return
	}
	v := timer.Timer
	v.DueDate, v.Repetitions = next.Due, int32(next.Repetitions)
	s.Emit(s.NextKey(), record.TimerCreated, &v)
}
