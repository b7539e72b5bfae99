package process

import (
	"fmt"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// deploymentDistribute takes a deployment that partition 1 has made, under the same keys. What is
// known already is passed over.
func deploymentDistribute(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Deployment)
	created := &record.Deployment{DeploymentKey: v.DeploymentKey, TenantID: v.TenantID}
	for i := range v.ProcessesMetadata {
		metadata := &v.ProcessesMetadata[i]
		if s.View.KnowsDefinition(metadata.ProcessDefinitionKey) {
			continue
		}
		p, err := distributed(s, v, metadata)
		if err != nil {
			s.Reject(command, record.InvalidArgument, "Expected to take deployment %d of partition %d, but %v", v.DeploymentKey, coordinator, err)
			return
		}
		bring(s, &p, v.DeploymentKey)
		created.ProcessesMetadata = append(created.ProcessesMetadata, *metadata)
	}
	if len(created.ProcessesMetadata) > 0 {
		s.Emit(v.DeploymentKey, record.DeploymentCreated, created)
	}
	s.Send(coordinator, v.DeploymentKey, record.CommandDistributionAcknowledge, distribution(s.Partition()))
}

// distributed finds a process of a distributed deployment in its resource.
func distributed(s *step.Step, v *record.Deployment, metadata *record.ProcessMetadata) (incoming, error) {
	for _, r := range v.Resources {
		if r.ResourceName != metadata.ResourceName {
			continue
		}
		resource, err := bpmn.Read(r.ResourceName, r.Resource)
		if err != nil {
			return incoming{}, err
		}
		for _, graph := range resource.Processes {
			if graph.ID == metadata.BpmnProcessID {
				before := s.View.LatestDefinition(metadata.TenantID, graph.ID)
				return incoming{metadata: *metadata, graph: graph, resource: r.Resource, before: before}, nil
			}
		}
	}
	return incoming{}, fmt.Errorf("process %s is not in its resource %s", metadata.BpmnProcessID, metadata.ResourceName)
}

// distributeToAll mails what is new in a deployment to every other partition.
func distributeToAll(s *step.Step, created *record.Deployment, resources []record.DeploymentResource) {
	others := s.Partitions()
	if others < 2 {
		return
	}
	mail := &record.Deployment{DeploymentKey: created.DeploymentKey, TenantID: created.TenantID}
	for i := range created.ProcessesMetadata {
		metadata := &created.ProcessesMetadata[i]
		if metadata.IsDuplicate {
			continue
		}
		mail.ProcessesMetadata = append(mail.ProcessesMetadata, *metadata)
		for _, r := range resources {
			if r.ResourceName == metadata.ResourceName && !has(mail.Resources, r.ResourceName) {
				mail.Resources = append(mail.Resources, r)
			}
		}
	}
	if len(mail.ProcessesMetadata) == 0 {
		return
	}
	s.Emit(mail.DeploymentKey, record.CommandDistributionStarted, distribution(s.Partition()))
	for p := int32(1); p <= others; p++ {
		if p != s.Partition() {
			distribute(s, p, mail)
		}
	}
}

// distribute mails a deployment to a partition.
func distribute(s *step.Step, partition int32, mail *record.Deployment) {
	s.Emit(mail.DeploymentKey, record.CommandDistributionDistributing, distribution(partition))
	s.Send(partition, mail.DeploymentKey, record.DeploymentDistribute, mail)
}

// distribution is what the records of a deployment's distribution say.
func distribution(partition int32) *record.CommandDistribution {
	return &record.CommandDistribution{PartitionID: partition, QueueID: "DEPLOYMENT", Of: record.DeploymentValue, To: record.DeploymentCreate}
}

func has(resources []record.DeploymentResource, name string) bool {
	for i := range resources {
		if resources[i].ResourceName == name {
			return true
		}
	}
	return false
}
