package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Lookup implements enginepb.EngineServer.
func (s *Server) Lookup(ctx context.Context, request *enginepb.LookupRequest) (*enginepb.LookupResponse, error) {
	partition, what, err := s.lookupRequest(request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
	defer cancel()
	instance, err := s.router.Lookup(ctx, partition, what)
	if err != nil {
		return nil, technical(err)
	}
	response := &enginepb.LookupResponse{
		ProcessInstanceKey:   instance.ProcessInstanceKey,
		ProcessDefinitionKey: instance.ProcessDefinitionKey,
		BpmnProcessId:        instance.BpmnProcessID,
		Version:              instance.Version,
		State:                instanceState(&instance),
		Variables:            documentText(instance.Variables, nil),
		CreatedAt:            instance.CreatedAt,
		EndedAt:              max(0, instance.EndedAt),
	}
	for i := range instance.Incidents {
		response.Incidents = append(response.Incidents, incident(&instance.Incidents[i]))
	}
	return response, nil
}

// lookupRequest finds the partition to ask and what to ask it for.
func (s *Server) lookupRequest(request *enginepb.LookupRequest) (int32, LookupRequest, error) {
	switch by := request.GetBy().(type) {
	case *enginepb.LookupRequest_ProcessInstanceKey:
		partition, err := s.router.PartitionForKey(by.ProcessInstanceKey)
		if err != nil {
			return 0, LookupRequest{}, status.Errorf(codes.NotFound, "no process instance with key %d: %v", by.ProcessInstanceKey, err)
		}
		return partition, LookupRequest{ProcessInstanceKey: by.ProcessInstanceKey}, nil
	case *enginepb.LookupRequest_IdempotencyKey:
		key := by.IdempotencyKey
		if err := checkIdempotencyKey(key.GetKey()); err != nil {
			return 0, LookupRequest{}, err
		}
		partition := s.idempotencyPartition(key.GetTenantId(), key.GetApi(), key.GetKey())
		return partition, LookupRequest{TenantID: key.GetTenantId(), API: key.GetApi(), IdempotencyKey: key.GetKey()}, nil
	}
	return 0, LookupRequest{}, status.Error(codes.InvalidArgument, "Lookup needs process_instance_key or idempotency_key")
}

// instanceState says INCIDENT for a running instance that is stuck somewhere.
func instanceState(instance *Instance) enginepb.InstanceState {
	switch {
	case instance.State == record.InstanceCompleted:
		return enginepb.InstanceState_INSTANCE_STATE_COMPLETED
	case instance.State == record.InstanceTerminated:
		return enginepb.InstanceState_INSTANCE_STATE_TERMINATED
	case len(instance.Incidents) > 0:
		return enginepb.InstanceState_INSTANCE_STATE_INCIDENT
	}
	return enginepb.InstanceState_INSTANCE_STATE_ACTIVE
}

func incident(open *OpenIncident) *enginepb.Incident {
	return &enginepb.Incident{
		Key:                open.Key,
		ErrorType:          open.ErrorType,
		ErrorMessage:       open.ErrorMessage,
		ElementId:          open.ElementID,
		ElementInstanceKey: open.ElementInstanceKey,
		JobKey:             max(0, open.JobKey),
		CreatedAt:          open.CreatedAt,
	}
}
