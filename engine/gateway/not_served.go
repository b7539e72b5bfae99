package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// later is the answer of an RPC that is part of the protocol but not built yet.
func later(rpc string) error {
	return status.Errorf(codes.Unimplemented, "%s is not available in this version of payhub; it comes in a later one", rpc)
}

// EvaluateDecision implements gatewaypb.GatewayServer; not available yet.
func (s *Server) EvaluateDecision(context.Context, *gatewaypb.EvaluateDecisionRequest) (*gatewaypb.EvaluateDecisionResponse, error) {
	return nil, later("EvaluateDecision")
}

// ModifyProcessInstance implements gatewaypb.GatewayServer; not available yet.
func (s *Server) ModifyProcessInstance(context.Context, *gatewaypb.ModifyProcessInstanceRequest) (*gatewaypb.ModifyProcessInstanceResponse, error) {
	return nil, later("ModifyProcessInstance")
}

// MigrateProcessInstance implements gatewaypb.GatewayServer; not available yet.
func (s *Server) MigrateProcessInstance(context.Context, *gatewaypb.MigrateProcessInstanceRequest) (*gatewaypb.MigrateProcessInstanceResponse, error) {
	return nil, later("MigrateProcessInstance")
}

// DeleteResource implements gatewaypb.GatewayServer; not available yet.
func (s *Server) DeleteResource(context.Context, *gatewaypb.DeleteResourceRequest) (*gatewaypb.DeleteResourceResponse, error) {
	return nil, later("DeleteResource")
}

// BroadcastSignal implements gatewaypb.GatewayServer; not available yet.
func (s *Server) BroadcastSignal(context.Context, *gatewaypb.BroadcastSignalRequest) (*gatewaypb.BroadcastSignalResponse, error) {
	return nil, later("BroadcastSignal")
}

// EvaluateConditional implements gatewaypb.GatewayServer; not available yet.
func (s *Server) EvaluateConditional(context.Context, *gatewaypb.EvaluateConditionalRequest) (*gatewaypb.EvaluateConditionalResponse, error) {
	return nil, later("EvaluateConditional")
}
