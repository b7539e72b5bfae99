package sdk

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/enginepb"
)

// ErrNotSupported means that the gateway is a plain Zeebe and lacks payhub's own service.
var ErrNotSupported = errors.New("the gateway has no payhub.v1.Engine service; it is a plain Zeebe")

// ErrKeyReused means that an idempotency key was used before for another body.
var ErrKeyReused = errors.New("the idempotency key was used before for another request")

// OnceKey names work at the caller's: the same key is the same work, for as long as the engine keeps it.
type OnceKey struct {
	Tenant string // of the payment, not of the engine
	API    string // which of our APIs the key is for
	Key    string // at most 256 bytes
}

// Once is what to start, once.
type Once struct {
	OnceKey
	BodyHash  []byte // of what the caller asked for; at most 64 bytes
	ProcessID string // its newest version is started
	Variables any
}

// CreateOnce starts an instance unless one was started with the same key: then created is false and the answer is
// the first one. ErrKeyReused if the first one had another BodyHash; ErrNotSupported on a plain Zeebe. It may be
// called again after any other error. The replicated log decides, so it holds across gateways and restarts.
func (c *Client) CreateOnce(ctx context.Context, once Once) (i Instance, created bool, err error) {
	text, err := object(once.Variables)
	if err != nil {
		return i, false, err
	}
	a, err := c.engine.CreateOnce(ctx, &enginepb.CreateOnceRequest{
		TenantId: once.Tenant, Api: once.API, IdempotencyKey: once.Key, BodyHash: once.BodyHash,
		BpmnProcessId: once.ProcessID, Version: LatestVersion, Variables: text,
	})
	if err != nil {
		return i, false, engineError(err)
	}
	return Instance{Key: a.ProcessInstanceKey, DefinitionKey: a.ProcessDefinitionKey, ProcessID: a.BpmnProcessId, Version: a.Version}, a.Created, nil
}

// engineError names the answers of payhub's own service that callers decide on.
func engineError(err error) error {
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unimplemented:
		return fmt.Errorf("%w (%s)", ErrNotSupported, s.Message())
	case codes.AlreadyExists:
		for _, d := range s.Details() {
			if _, ok := d.(*enginepb.IdempotencyConflict); ok {
				return fmt.Errorf("%w (%s)", ErrKeyReused, s.Message())
			}
		}
	}
	return err
}
