package element

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// Failure is why a step could not be done: it becomes an incident.
type Failure struct {
	// Type is one of the error types of incidents, e.g. record.ErrorTypeExtractValue.
	Type string
	// Message is Zeebe's text.
	Message string
	// Scope is where the variable that was missed was looked for, 0 for the element instance itself.
	Scope int64
}

// raise makes an incident of a failure, if there is one.
func (x *Execution) raise(f *Failure) {
	if f == nil {
		return
	}
	scope := f.Scope
	if scope == 0 {
		scope = x.Key
	}
	x.Emit(x.NextKey(), record.IncidentCreated, &record.Incident{
		ErrorType: f.Type, ErrorMessage: f.Message, BpmnProcessID: x.Value.BpmnProcessID,
		ProcessDefinitionKey: x.Value.ProcessDefinitionKey, ProcessInstanceKey: x.Value.ProcessInstanceKey,
		ElementID: x.Value.ElementID, ElementInstanceKey: x.Key, JobKey: -1, VariableScopeKey: scope, TenantID: x.Value.TenantID,
	})
}

// resolveIncidents resolves what an ending instance can no longer mend.
func (x *Execution) resolveIncidents() {
	var open []*state.Incident
	x.View.IncidentsOf(x.Key, func(i *state.Incident) bool {
		open = append(open, i)
		return true
	})
	for _, i := range open {
		x.Emit(i.Key, record.IncidentResolved, &i.Incident)
	}
}
