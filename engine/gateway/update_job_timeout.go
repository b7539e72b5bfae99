package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// UpdateJobTimeout implements gatewaypb.GatewayServer.
func (s *Server) UpdateJobTimeout(ctx context.Context, request *gatewaypb.UpdateJobTimeoutRequest) (*gatewaypb.UpdateJobTimeoutResponse, error) {
	command := record.NewCommand(request.GetJobKey(), record.JobUpdateTimeout, &record.Job{Timeout: request.GetTimeout(), TenantID: record.DefaultTenant})
	command.OperationReference = request.GetOperationReference()
	if _, err := s.submitKeyed(ctx, command, "Expected to update job with key '%d', but no such job was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.UpdateJobTimeoutResponse{}, nil
}
