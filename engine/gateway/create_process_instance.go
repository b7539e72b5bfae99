package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxBusinessID is Zeebe 8.9's limit, in characters.
const maxBusinessID = 256

// CreateProcessInstance implements gatewaypb.GatewayServer.
func (s *Server) CreateProcessInstance(ctx context.Context, request *gatewaypb.CreateProcessInstanceRequest) (*gatewaypb.CreateProcessInstanceResponse, error) {
	creation, err := processInstanceCreation("CreateProcessInstance", request)
	if err != nil {
		return nil, err
	}
	command := record.NewCommand(-1, record.ProcessInstanceCreationCreate, creation)
	command.OperationReference = request.GetOperationReference()
	answer, err := s.submitAnywhere(ctx, command, s.config.RequestTimeout)
	if err != nil {
		return nil, err
	}
	created, err := valueOf[*record.ProcessInstanceCreation](&answer)
	if err != nil {
		return nil, err
	}
	return &gatewaypb.CreateProcessInstanceResponse{
		ProcessDefinitionKey: created.ProcessDefinitionKey,
		BpmnProcessId:        created.BpmnProcessID,
		Version:              created.Version,
		ProcessInstanceKey:   created.ProcessInstanceKey,
		TenantId:             record.DefaultTenant,
		Tags:                 created.Tags,
		BusinessId:           businessID(created.BusinessID),
	}, nil
}

// processInstanceCreation checks a create request and makes the command's value of it.
func processInstanceCreation(rpc string, request *gatewaypb.CreateProcessInstanceRequest) (*record.ProcessInstanceCreation, error) {
	if err := checkTenant(rpc, request.GetTenantId()); err != nil {
		return nil, err
	}
	if len(request.GetStartInstructions()) > 0 || len(request.GetRuntimeInstructions()) > 0 {
		return nil, status.Errorf(codes.Unimplemented, "%s: start and runtime instructions come later; leave them out to start at the none start event", rpc)
	}
	if n := len([]rune(request.GetBusinessId())); n > maxBusinessID {
		return nil, status.Errorf(codes.InvalidArgument, "%s: businessId has %d characters, the limit is %d", rpc, n, maxBusinessID)
	}
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	return &record.ProcessInstanceCreation{
		BpmnProcessID:        request.GetBpmnProcessId(),
		Version:              request.GetVersion(),
		ProcessDefinitionKey: keyOrNone(request.GetProcessDefinitionKey()),
		ProcessInstanceKey:   -1,
		Variables:            variables,
		TenantID:             record.DefaultTenant,
		Tags:                 request.GetTags(),
		BusinessID:           request.GetBusinessId(),
	}, nil
}

// keyOrNone reads a key that a client may have left out: records say -1 for none.
func keyOrNone(key int64) int64 {
	if key <= 0 {
		return -1
	}
	return key
}

// businessID is absent, not empty, in answers about instances that have none.
func businessID(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}
