package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// incidentResolve resolves an incident and tries again what had failed. A job needs retries first.
func incidentResolve(s *step.Step, command *record.Record) {
	incident := s.View.Incident(command.Key)
	if incident == nil {
		s.Reject(command, record.NotFound, "Expected to resolve incident with key '%d', but no such incident was found", command.Key)
		return
	}
	if job := s.View.Job(incident.JobKey); incident.JobKey > 0 && job != nil && job.State == state.JobFailed && job.Retries <= 0 {
		s.Reject(command, record.InvalidState, "Expected to resolve incident with key '%d', but job with key '%d' has no retries left. "+
			"Please update the job retries and retry resolving the incident", command.Key, job.Key)
		return
	}
	s.Emit(command.Key, record.IncidentResolved, &incident.Incident)
	s.Respond(command.Key, record.IncidentResolved, &incident.Incident)
	if incident.JobKey > 0 {
		offer(s, incident.JobKey)
		return
	}
	e := s.View.ElementInstance(incident.ElementInstanceKey)
	if e == nil {
		return
	}
	definition, at := s.View.Element(e)
	intent := record.CompleteElement
	if e.State == record.ElementActivating {
		intent = record.ActivateElement
	}
	s.FollowUp(e.Key, intent, element.Value(definition, at, e))
}
