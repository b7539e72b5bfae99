package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// UpdateJobRetries implements gatewaypb.GatewayServer.
func (s *Server) UpdateJobRetries(ctx context.Context, request *gatewaypb.UpdateJobRetriesRequest) (*gatewaypb.UpdateJobRetriesResponse, error) {
	command := record.NewCommand(request.GetJobKey(), record.JobUpdateRetries, &record.Job{Retries: request.GetRetries(), TenantID: record.DefaultTenant})
	command.OperationReference = request.GetOperationReference()
	if _, err := s.submitKeyed(ctx, command, "Expected to update job with key '%d', but no such job was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.UpdateJobRetriesResponse{}, nil
}
