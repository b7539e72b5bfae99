package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// SetVariables implements gatewaypb.GatewayServer.
func (s *Server) SetVariables(ctx context.Context, request *gatewaypb.SetVariablesRequest) (*gatewaypb.SetVariablesResponse, error) {
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	command := record.NewCommand(request.GetElementInstanceKey(), record.VariableDocumentUpdate, &record.VariableDocument{
		ScopeKey:  request.GetElementInstanceKey(),
		Local:     request.GetLocal(),
		Variables: variables,
		TenantID:  record.DefaultTenant,
	})
	command.OperationReference = request.GetOperationReference()
	answer, err := s.submitKeyed(ctx, command, "Expected to update variables for element with key '%d', but no such element was found")
	if err != nil {
		return nil, err
	}
	return &gatewaypb.SetVariablesResponse{Key: answer.Key}, nil
}
