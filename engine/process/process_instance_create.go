package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// processInstanceCreate starts an instance at its none start event.
func processInstanceCreate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.ProcessInstanceCreation)
	definition := startable(s, command, v.TenantID, v.ProcessDefinitionKey, v.BpmnProcessID, v.Version)
	if definition == nil {
		return
	}
	created := start(s, definition, v, 0)
	s.Respond(created.ProcessInstanceKey, record.ProcessInstanceCreationCreated, created)
}

// startable finds the definition that a create names, by key or by id and version; it must have
// a none start event. If it cannot be started the command is refused and nil returned.
func startable(s *step.Step, command *record.Record, tenant string, key int64, id string, version int32) *state.Definition {
	var definition *state.Definition
	switch {
	case key > 0:
		if definition = s.View.Definition(key); definition == nil {
			s.Reject(command, record.NotFound, "Expected to find process definition with key '%d', but none found", key)
			return nil
		}
	case id == "":
		s.Reject(command, record.InvalidArgument, "Expected at least a bpmnProcessId or a key greater than -1, but none given")
		return nil
	case version >= 0:
		if definition = s.View.DefinitionVersion(tenant, id, version); definition == nil {
			s.Reject(command, record.NotFound, "Expected to find process definition with process ID '%s' and version '%d', but none found", id, version)
			return nil
		}
	default:
		if definition = s.View.LatestDefinition(tenant, id); definition == nil {
			s.Reject(command, record.NotFound, "Expected to find process definition with process ID '%s', but none found", id)
			return nil
		}
	}
	if definition.Graph.Root().NoneStart == nil {
		s.Reject(command, record.InvalidState, "Expected to create instance of process with none start event, but there is no such event")
		return nil
	}
	return definition
}

// start records a new instance and has it activated.
func start(s *step.Step, definition *state.Definition, v *record.ProcessInstanceCreation, origin record.Origin) *record.ProcessInstanceCreation {
	created := *v
	created.BpmnProcessID, created.Version = definition.BpmnProcessID, definition.Version
	created.ProcessDefinitionKey, created.TenantID = definition.Key, definition.TenantID
	created.ProcessInstanceKey = s.NextKey()
	root := element.RootValue(definition, created.ProcessInstanceKey, origin)
	root.Tags, root.BusinessID = v.Tags, v.BusinessID
	element.SetLocal(s, root, root.ProcessInstanceKey, v.Variables)
	s.FollowUp(root.ProcessInstanceKey, record.ActivateElement, root)
	s.Emit(created.ProcessInstanceKey, record.ProcessInstanceCreationCreated, &created)
	return &created
}
