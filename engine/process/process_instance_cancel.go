package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// processInstanceCancel terminates an instance with everything in it.
func processInstanceCancel(s *step.Step, command *record.Record) {
	e := s.View.ElementInstance(command.Key)
	if e == nil || e.FlowScopeKey >= 0 || e.Terminating() {
		s.Reject(command, record.NotFound, "Expected to cancel a process instance with key '%d', but no such process was found", command.Key)
		return
	}
	if e.ParentElementInstanceKey >= 0 {
		root := e
		for root.ParentProcessInstanceKey >= 0 {
			parent := s.View.ElementInstance(root.ParentProcessInstanceKey)
			if parent == nil {
				break
			}
			root = parent
		}
		s.Reject(command, record.InvalidState, "Expected to cancel a process instance with key '%d', "+
			"but it is created by a parent process instance. Cancel the root process instance '%d' instead.", command.Key, root.Key)
		return
	}
	definition, root := s.View.Element(e)
	value := element.Value(definition, root, e)
	s.FollowUp(command.Key, record.TerminateElement, value)
	s.Respond(command.Key, record.ElementTerminating, value)
}
