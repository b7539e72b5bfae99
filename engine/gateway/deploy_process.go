package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// DeployProcess implements gatewaypb.GatewayServer. It is deprecated since 8.0, but zeebe-node
// and zbctl still use it.
func (s *Server) DeployProcess(ctx context.Context, request *gatewaypb.DeployProcessRequest) (*gatewaypb.DeployProcessResponse, error) {
	resources := make([]record.DeploymentResource, 0, len(request.GetProcesses()))
	for _, process := range request.GetProcesses() {
		resources = append(resources, record.DeploymentResource{ResourceName: process.GetName(), Resource: process.GetDefinition()})
	}
	key, deployment, err := s.deploy(ctx, resources)
	if err != nil {
		return nil, err
	}
	return &gatewaypb.DeployProcessResponse{Key: key, Processes: processMetadata(deployment)}, nil
}
