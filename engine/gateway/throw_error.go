package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// ThrowError implements gatewaypb.GatewayServer. It also succeeds when nothing catches the
// error: then there is an incident.
func (s *Server) ThrowError(ctx context.Context, request *gatewaypb.ThrowErrorRequest) (*gatewaypb.ThrowErrorResponse, error) {
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	command := record.NewCommand(request.GetJobKey(), record.JobThrowError, &record.Job{
		ErrorCode:    request.GetErrorCode(),
		ErrorMessage: request.GetErrorMessage(),
		Variables:    variables,
		TenantID:     record.DefaultTenant,
	})
	if _, err := s.submitKeyed(ctx, command, "Expected to throw an error for job with key '%d', but no such job was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.ThrowErrorResponse{}, nil
}
