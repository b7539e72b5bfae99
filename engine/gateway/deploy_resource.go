package gateway

import (
	"context"
	"time"

	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// deploymentPartition takes every deployment and distributes it to the others.
const deploymentPartition = 1

// DeployResource implements gatewaypb.GatewayServer.
func (s *Server) DeployResource(ctx context.Context, request *gatewaypb.DeployResourceRequest) (*gatewaypb.DeployResourceResponse, error) {
	if err := checkTenant("DeployResource", request.GetTenantId()); err != nil {
		return nil, err
	}
	resources := make([]record.DeploymentResource, 0, len(request.GetResources()))
	for _, resource := range request.GetResources() {
		resources = append(resources, record.DeploymentResource{ResourceName: resource.GetName(), Resource: resource.GetContent()})
	}
	key, deployment, err := s.deploy(ctx, resources)
	if err != nil {
		return nil, err
	}
	response := &gatewaypb.DeployResourceResponse{Key: key, TenantId: record.DefaultTenant}
	for _, metadata := range processMetadata(deployment) {
		response.Deployments = append(response.Deployments, &gatewaypb.Deployment{Metadata: &gatewaypb.Deployment_Process{Process: metadata}})
	}
	return response, nil
}

// definitionsKnown is how long the answer to a deployment waits for the other partitions to know it.
const definitionsKnown = 2 * time.Second

// deploy sends resources to the engine, which takes all of them or none. It returns when every
// partition knows them, so that an instance can be created at once wherever it goes; a partition
// that is away learns of them when it comes back.
func (s *Server) deploy(ctx context.Context, resources []record.DeploymentResource) (int64, *record.Deployment, error) {
	command := &record.Deployment{Resources: resources, DeploymentKey: -1, TenantID: record.DefaultTenant}
	answer, err := s.submit(ctx, deploymentPartition, record.NewCommand(-1, record.DeploymentCreate, command))
	if err != nil {
		return 0, nil, err
	}
	deployment, err := valueOf[*record.Deployment](&answer)
	if err != nil {
		return 0, nil, err
	}
	var keys []int64
	for _, process := range deployment.ProcessesMetadata {
		keys = append(keys, process.ProcessDefinitionKey)
	}
	if len(keys) > 0 {
		ctx, cancel := context.WithTimeout(ctx, definitionsKnown)
		defer cancel()
		cluster.AwaitDefinitions(ctx, s.router, keys)
	}
	return answer.Key, deployment, nil
}

func processMetadata(deployment *record.Deployment) []*gatewaypb.ProcessMetadata {
	list := make([]*gatewaypb.ProcessMetadata, 0, len(deployment.ProcessesMetadata))
	for _, process := range deployment.ProcessesMetadata {
		list = append(list, &gatewaypb.ProcessMetadata{
			BpmnProcessId:        process.BpmnProcessID,
			Version:              process.Version,
			ProcessDefinitionKey: process.ProcessDefinitionKey,
			ResourceName:         process.ResourceName,
			TenantId:             record.DefaultTenant,
		})
	}
	return list
}
