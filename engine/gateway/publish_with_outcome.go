package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var outcomes = map[record.Intent]enginepb.Outcome{
	record.MessageOutcomeCorrelated:    enginepb.Outcome_OUTCOME_CORRELATED,
	record.MessageOutcomeStarted:       enginepb.Outcome_OUTCOME_STARTED,
	record.MessageOutcomeBuffered:      enginepb.Outcome_OUTCOME_BUFFERED,
	record.MessageOutcomeNotCorrelated: enginepb.Outcome_OUTCOME_NOT_CORRELATED,
	record.MessageOutcomeDuplicate:     enginepb.Outcome_OUTCOME_DUPLICATE,
}

// PublishWithOutcome implements enginepb.EngineServer. The tenant is the payment's: it is part
// of the correlation key that the caller builds, and the engine's own tenant stays the default.
func (s *Server) PublishWithOutcome(ctx context.Context, request *enginepb.PublishWithOutcomeRequest) (*enginepb.PublishWithOutcomeResponse, error) {
	if err := checkTenant("PublishWithOutcome", request.GetTenantId()); err != nil {
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
		WithOutcome:    true,
	})
	if status.Code(err) == codes.AlreadyExists {
		return &enginepb.PublishWithOutcomeResponse{Outcome: enginepb.Outcome_OUTCOME_DUPLICATE}, nil
	}
	if err != nil {
		return nil, err
	}
	outcome, err := valueOf[*record.MessageOutcome](&answer)
	if err != nil {
		return nil, err
	}
	return &enginepb.PublishWithOutcomeResponse{
		MessageKey:          max(0, answer.Key),
		Outcome:             outcomes[answer.Intent],
		ProcessInstanceKeys: outcome.ProcessInstanceKeys,
	}, nil
}
