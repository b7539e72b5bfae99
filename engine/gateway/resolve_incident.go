package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// ResolveIncident implements gatewaypb.GatewayServer.
func (s *Server) ResolveIncident(ctx context.Context, request *gatewaypb.ResolveIncidentRequest) (*gatewaypb.ResolveIncidentResponse, error) {
	command := record.NewCommand(request.GetIncidentKey(), record.IncidentResolve, &record.Incident{TenantID: record.DefaultTenant})
	command.OperationReference = request.GetOperationReference()
	if _, err := s.submitKeyed(ctx, command, "Expected to resolve incident with key '%d', but no such incident was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.ResolveIncidentResponse{}, nil
}
