package sdk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/enginepb"
)

// ErrNotFound means that the engine knows no such instance.
var ErrNotFound = errors.New("the engine knows no such instance")

// InstanceView is an instance as its partition's leader sees it.
type InstanceView struct {
	Instance
	Ended     bool
	Completed bool // ended at its end events, not by cancellation
	Stuck     bool // it has an incident and waits for a person
	Variables []byte
	CreatedAt time.Time
	EndedAt   time.Time // zero while it runs
}

// Lookup reads an instance by the key it was created once with; it is there right after CreateOnce answered.
// ErrNotFound, ErrNotSupported, or a gRPC error.
func (c *Client) Lookup(ctx context.Context, key OnceKey) (InstanceView, error) {
	return c.lookup(ctx, &enginepb.LookupRequest{By: &enginepb.LookupRequest_IdempotencyKey{
		IdempotencyKey: &enginepb.IdempotencyKey{TenantId: key.Tenant, Api: key.API, Key: key.Key},
	}})
}

// LookupInstance reads an instance by its key, as Lookup does.
func (c *Client) LookupInstance(ctx context.Context, processInstanceKey int64) (InstanceView, error) {
	return c.lookup(ctx, &enginepb.LookupRequest{By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: processInstanceKey}})
}

func (c *Client) lookup(ctx context.Context, request *enginepb.LookupRequest) (InstanceView, error) {
	a, err := c.engine.Lookup(ctx, request)
	if status.Code(err) == codes.NotFound {
		return InstanceView{}, fmt.Errorf("%w (%s)", ErrNotFound, status.Convert(err).Message())
	}
	if err != nil {
		return InstanceView{}, engineError(err)
	}
	v := InstanceView{
		Instance:  Instance{Key: a.ProcessInstanceKey, DefinitionKey: a.ProcessDefinitionKey, ProcessID: a.BpmnProcessId, Version: a.Version},
		Completed: a.State == enginepb.InstanceState_INSTANCE_STATE_COMPLETED,
		Stuck:     a.State == enginepb.InstanceState_INSTANCE_STATE_INCIDENT,
		Variables: []byte(a.Variables), CreatedAt: time.UnixMilli(a.CreatedAt),
	}
	v.Ended = v.Completed || a.State == enginepb.InstanceState_INSTANCE_STATE_TERMINATED
	if a.EndedAt != 0 {
		v.EndedAt = time.UnixMilli(a.EndedAt)
	}
	return v, nil
}
