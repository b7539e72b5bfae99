package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// processInstanceCreateWithAwaitingResult starts an instance whose caller is answered when it
// has completed.
func processInstanceCreateWithAwaitingResult(s *step.Step, command *record.Record) {
	v := *command.Value.(*record.ProcessInstanceCreation)
	definition := startable(s, command, v.TenantID, v.ProcessDefinitionKey, v.BpmnProcessID, v.Version)
	if definition == nil {
		return
	}
	v.RequestID = s.RequestID()
	start(s, definition, &v, record.ResultAwaited)
}
