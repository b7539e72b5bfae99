package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// PublishMessage implements gatewaypb.GatewayServer. Success says that the message is in the
// log, nothing about who gets it.
func (s *Server) PublishMessage(ctx context.Context, request *gatewaypb.PublishMessageRequest) (*gatewaypb.PublishMessageResponse, error) {
	if err := checkTenant("PublishMessage", request.GetTenantId()); err != nil {
		return nil, err
	}
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	answer, err := s.publish(ctx, &record.Message{
		Name:           request.GetName(),
		CorrelationKey: request.GetCorrelationKey(),
		MessageID:      request.GetMessageId(),
		TimeToLive:     request.GetTimeToLive(),
		Deadline:       -1,
		Variables:      variables,
		TenantID:       record.DefaultTenant,
	})
	if err != nil {
		return nil, err
	}
	return &gatewaypb.PublishMessageResponse{Key: answer.Key, TenantId: record.DefaultTenant}, nil
}

// publish sends a message to the partition that owns its correlation key.
func (s *Server) publish(ctx context.Context, message *record.Message) (record.Record, error) {
	partition := s.router.PartitionForCorrelationKey(message.CorrelationKey)
	return s.submit(ctx, partition, record.NewCommand(-1, record.MessagePublish, message))
}
