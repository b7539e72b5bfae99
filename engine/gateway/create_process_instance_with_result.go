package gateway

import (
	"context"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// CreateProcessInstanceWithResult implements gatewaypb.GatewayServer. When the time is over the
// instance goes on; only the waiting ends.
func (s *Server) CreateProcessInstanceWithResult(ctx context.Context, request *gatewaypb.CreateProcessInstanceWithResultRequest) (*gatewaypb.CreateProcessInstanceWithResultResponse, error) {
	creation, err := processInstanceCreation("CreateProcessInstanceWithResult", request.GetRequest())
	if err != nil {
		return nil, err
	}
	creation.FetchVariables = request.GetFetchVariables()
	command := record.NewCommand(-1, record.ProcessInstanceCreationCreateWithAwaitingResult, creation)
	command.OperationReference = request.GetRequest().GetOperationReference()

	timeout := s.config.RequestTimeout
	if ms := request.GetRequestTimeout(); ms > 0 {
		timeout = time.Duration(ms) * time.Millisecond
	}
	answer, err := s.submitAnywhere(ctx, command, timeout)
	if status.Code(err) == codes.DeadlineExceeded {
		return nil, status.Errorf(codes.DeadlineExceeded, "the process instance did not complete within %v; if it was created, it goes on", timeout)
	}
	if err != nil {
		return nil, err
	}
	result, err := valueOf[*record.ProcessInstanceResult](&answer)
	if err != nil {
		return nil, err
	}
	return &gatewaypb.CreateProcessInstanceWithResultResponse{
		ProcessDefinitionKey: result.ProcessDefinitionKey,
		BpmnProcessId:        result.BpmnProcessID,
		Version:              result.Version,
		ProcessInstanceKey:   result.ProcessInstanceKey,
		Variables:            documentText(result.Variables, nil),
		TenantId:             record.DefaultTenant,
		Tags:                 result.Tags,
		BusinessId:           businessID(result.BusinessID),
	}, nil
}
