package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// CancelProcessInstance implements gatewaypb.GatewayServer.
func (s *Server) CancelProcessInstance(ctx context.Context, request *gatewaypb.CancelProcessInstanceRequest) (*gatewaypb.CancelProcessInstanceResponse, error) {
	command := record.NewCommand(request.GetProcessInstanceKey(), record.ProcessInstanceCancel, &record.ProcessInstance{
		ProcessInstanceKey: request.GetProcessInstanceKey(), TenantID: record.DefaultTenant,
	})
	command.OperationReference = request.GetOperationReference()
	if _, err := s.submitKeyed(ctx, command, "Expected to cancel a process instance with key '%d', but no such process was found"); err != nil {
		return nil, err
	}
	return &gatewaypb.CancelProcessInstanceResponse{}, nil
}
