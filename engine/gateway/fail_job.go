package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// FailJob implements gatewaypb.GatewayServer.
func (s *Server) FailJob(ctx context.Context, request *gatewaypb.FailJobRequest) (*gatewaypb.FailJobResponse, error) {
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	command := record.NewCommand(request.GetJobKey(), record.JobFail, &record.Job{
		Retries:      request.GetRetries(),
		RetryBackoff: request.GetRetryBackOff(),
		ErrorMessage: request.GetErrorMessage(),
		Variables:    variables,
		TenantID:     record.DefaultTenant,
	})
	if _, err := s.submitKeyed(ctx, command, "Expected to fail job with key '%d', but no such job was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.FailJobResponse{}, nil
}
