package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// CompleteJob implements gatewaypb.GatewayServer. The result that listeners and ad-hoc
// sub-processes may add means nothing for ordinary jobs, as on Zeebe.
func (s *Server) CompleteJob(ctx context.Context, request *gatewaypb.CompleteJobRequest) (*gatewaypb.CompleteJobResponse, error) {
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	command := record.NewCommand(request.GetJobKey(), record.JobComplete, &record.Job{Variables: variables, TenantID: record.DefaultTenant})
	if _, err := s.submitKeyed(ctx, command, "Expected to complete job with key '%d', but no such job was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.CompleteJobResponse{}, nil
}
