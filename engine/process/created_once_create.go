package process

import (
	"bytes"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// createdOnceCreate starts an instance unless its idempotency key (tenant, API, caller's id) is
// known: then the first answer is given again, or, for another body, the command refused.
func createdOnceCreate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.CreatedOnce)
	if known := s.View.CreatedOnce(v.TenantID, v.API, v.IdempotencyKey); known != nil {
		if !bytes.Equal(known.BodyHash, v.BodyHash) {
			s.Reject(command, record.AlreadyExists, "Expected to create an instance once for idempotency key '%s' of API '%s', "+
				"but the key was used with another body", v.IdempotencyKey, v.API)
			return
		}
		s.Respond(known.ProcessInstanceKey, record.CreatedOnceRepeated, known)
		return
	}
	definition := startable(s, command, record.DefaultTenant, v.ProcessDefinitionKey, v.BpmnProcessID, v.Version)
	if definition == nil {
		return
	}
	started := start(s, definition, &record.ProcessInstanceCreation{Variables: v.Variables, TenantID: record.DefaultTenant}, record.StartedOnce)
	created := *v
	created.BpmnProcessID, created.Version, created.ProcessDefinitionKey = started.BpmnProcessID, started.Version, started.ProcessDefinitionKey
	created.ProcessInstanceKey, created.State = started.ProcessInstanceKey, record.InstanceActive
	created.CreatedAt, created.EndedAt, created.Expiry = s.Now(), -1, 0
	s.Emit(created.ProcessInstanceKey, record.CreatedOnceCreated, &created)
	s.Respond(created.ProcessInstanceKey, record.CreatedOnceCreated, &created)
}
