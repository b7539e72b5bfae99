package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The limits of an idempotency key and of the hash of what was asked for, in bytes.
const (
	maxIdempotencyKey = 256
	maxBodyHash       = 64
)

// CreateOnce implements enginepb.EngineServer. The key's partition decides, in its log, whether
// the key is new; no other partition may stand in for it.
func (s *Server) CreateOnce(ctx context.Context, request *enginepb.CreateOnceRequest) (*enginepb.CreateOnceResponse, error) {
	if err := checkIdempotencyKey(request.GetIdempotencyKey()); err != nil {
		return nil, err
	}
	if n := len(request.GetBodyHash()); n == 0 || n > maxBodyHash {
		return nil, status.Errorf(codes.InvalidArgument, "body_hash has %d bytes, expected 1 to %d: a repeat is told from a reuse of its key by it", n, maxBodyHash)
	}
	variables, err := parseVariables(request.GetVariables())
	if err != nil {
		return nil, err
	}
	version := request.GetVersion()
	if version == 0 {
		version = -1
	}
	partition := s.idempotencyPartition(request.GetTenantId(), request.GetApi(), request.GetIdempotencyKey())
	answer, err := s.try(ctx, s.router.Submit, partition, record.NewCommand(-1, record.CreatedOnceCreate, &record.CreatedOnce{
		TenantID:             request.GetTenantId(),
		API:                  request.GetApi(),
		IdempotencyKey:       request.GetIdempotencyKey(),
		BodyHash:             request.GetBodyHash(),
		BpmnProcessID:        request.GetBpmnProcessId(),
		Version:              version,
		ProcessDefinitionKey: keyOrNone(request.GetProcessDefinitionKey()),
		ProcessInstanceKey:   -1,
		EndedAt:              -1,
		Variables:            variables,
	}), s.config.RequestTimeout)
	if err != nil {
		return nil, technical(err)
	}
	if answer.IsRejection() {
		return nil, s.createOnceRejection(ctx, partition, request, &answer)
	}
	created, err := valueOf[*record.CreatedOnce](&answer)
	if err != nil {
		return nil, err
	}
	return &enginepb.CreateOnceResponse{
		ProcessInstanceKey:   created.ProcessInstanceKey,
		ProcessDefinitionKey: created.ProcessDefinitionKey,
		BpmnProcessId:        created.BpmnProcessID,
		Version:              created.Version,
		Created:              answer.Intent == record.CreatedOnceCreated,
	}, nil
}

// checkIdempotencyKey refuses a key that could not tell one call from another.
func checkIdempotencyKey(key string) error {
	if n := len(key); n == 0 || n > maxIdempotencyKey {
		return status.Errorf(codes.InvalidArgument, "idempotency_key has %d bytes, expected 1 to %d", n, maxIdempotencyKey)
	}
	return nil
}

// idempotencyPartition owns an idempotency key for ever. The separator keeps the parts apart.
func (s *Server) idempotencyPartition(tenantID, api, key string) int32 {
	return s.router.PartitionForCorrelationKey(tenantID + "\x00" + api + "\x00" + key)
}

// createOnceRejection adds to a conflict which key it is about and, if that can be read, whose it is.
func (s *Server) createOnceRejection(ctx context.Context, partition int32, request *enginepb.CreateOnceRequest, answer *record.Record) error {
	refused := rejection(answer)
	if answer.RejectionType != record.AlreadyExists {
		return refused
	}
	conflict := &enginepb.IdempotencyConflict{TenantId: request.GetTenantId(), Api: request.GetApi(), IdempotencyKey: request.GetIdempotencyKey()}
	first, err := s.router.Lookup(ctx, partition, LookupRequest{TenantID: conflict.TenantId, API: conflict.Api, IdempotencyKey: conflict.IdempotencyKey})
	if err == nil {
		conflict.ProcessInstanceKey = first.ProcessInstanceKey
	}
	detailed, err := status.Convert(refused).WithDetails(conflict)
	if err != nil {
		return refused
	}
	return detailed.Err()
}
