package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// routingDistribute mails the oldest deployment whose definitions' keys are not below the
// command's key to a new partition, and goes on with the next one: one at a time, so that many
// deployments are spread over many decisions.
func routingDistribute(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Routing)
	if s.Partition() != coordinator || v.Partitions == coordinator || v.Partitions > s.Partitions() {
		return
	}
	var mail *record.Deployment
	next := int64(0)
	s.View.Definitions(command.Key, func(p *record.Process) bool {
		if mail == nil {
			mail = &record.Deployment{DeploymentKey: p.DeploymentKey, TenantID: p.TenantID}
		}
		if p.DeploymentKey != mail.DeploymentKey {
			return false
		}
		next = p.ProcessDefinitionKey + 1
		mail.ProcessesMetadata = append(mail.ProcessesMetadata, record.ProcessMetadata{
			BpmnProcessID: p.BpmnProcessID, Version: p.Version, ProcessDefinitionKey: p.ProcessDefinitionKey,
			ResourceName: p.ResourceName, Checksum: p.Checksum, TenantID: p.TenantID,
		})
		if !has(mail.Resources, p.ResourceName) {
			mail.Resources = append(mail.Resources, record.DeploymentResource{ResourceName: p.ResourceName, Resource: p.Resource})
		}
		return true
	})
	if mail == nil {
		return
	}
	distribute(s, v.Partitions, mail)
	s.FollowUp(next, record.RoutingDistribute, v)
}
