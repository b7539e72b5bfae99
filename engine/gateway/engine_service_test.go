package gateway

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
)

func createOnceRequest() *enginepb.CreateOnceRequest {
	return &enginepb.CreateOnceRequest{TenantId: "greenbank", Api: "transfer", IdempotencyKey: "id-1", BodyHash: []byte{1, 2}, BpmnProcessId: "p", Variables: `{"a":1}`}
}

// The partition of an idempotency key is fixed by its three parts, and Lookup asks the same one.
func TestCreateOnceGoesToTheKeysPartition(t *testing.T) {
	intent := record.CreatedOnceCreated
	var looked int32
	router := &fakeRouter{
		answer: func(_ context.Context, _ int32, command record.Record) (record.Record, error) {
			value := *command.Value.(*record.CreatedOnce)
			value.ProcessInstanceKey, value.ProcessDefinitionKey, value.Version = key2, 11, 4
			return event(1, intent, &value), nil
		},
		lookup: func(partition int32, _ LookupRequest) (Instance, error) {
			looked = partition
			return Instance{}, nil
		},
	}
	g := serve(t, Config{Router: router})
	for _, created := range []bool{true, false} {
		if !created {
			intent = record.CreatedOnceRepeated
		}
		got, err := g.engine.CreateOnce(t.Context(), createOnceRequest())
		if err != nil {
			t.Fatal(err)
		}
		want := &enginepb.CreateOnceResponse{ProcessInstanceKey: key2, ProcessDefinitionKey: 11, BpmnProcessId: "p", Version: 4, Created: created}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	sent := router.sent()
	want := record.NewCommand(-1, record.CreatedOnceCreate, &record.CreatedOnce{
		TenantID: "greenbank", API: "transfer", IdempotencyKey: "id-1", BodyHash: []byte{1, 2}, BpmnProcessID: "p",
		Version: -1, ProcessDefinitionKey: -1, ProcessInstanceKey: -1, EndedAt: -1, Variables: document(t, `{"a":1}`),
	})
	if diff := cmp.Diff(want, sent[0].Record); diff != "" {
		t.Error(diff)
	}
	_, err := g.engine.Lookup(t.Context(), &enginepb.LookupRequest{By: &enginepb.LookupRequest_IdempotencyKey{
		IdempotencyKey: &enginepb.IdempotencyKey{TenantId: "greenbank", Api: "transfer", Key: "id-1"},
	}})
	if err != nil || looked != sent[0].partition || looked != sent[1].partition {
		t.Errorf("created on %d and %d, looked up on %d (%v)", sent[0].partition, sent[1].partition, looked, err)
	}
}

// A key that was used for another body is refused with whose it is.
func TestCreateOnceConflict(t *testing.T) {
	router := &fakeRouter{answer: func(_ context.Context, _ int32, command record.Record) (record.Record, error) {
		return refusal(command, record.AlreadyExists, "the key was used for another body"), nil
	}, lookup: func(_ int32, request LookupRequest) (Instance, error) {
		if request != (LookupRequest{TenantID: "greenbank", API: "transfer", IdempotencyKey: "id-1"}) {
			return Instance{}, ErrNotFound
		}
		return Instance{ProcessInstanceKey: key2}, nil
	}}
	g := serve(t, Config{Router: router})
	_, err := g.engine.CreateOnce(t.Context(), createOnceRequest())
	expectStatus(t, err, codes.AlreadyExists, "Command 'CREATE' rejected with code 'ALREADY_EXISTS': the key was used for another body")
	want := []any{&enginepb.IdempotencyConflict{TenantId: "greenbank", Api: "transfer", IdempotencyKey: "id-1", ProcessInstanceKey: key2}}
	if diff := cmp.Diff(want, status.Convert(err).Details(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestLookup(t *testing.T) {
	instance := Instance{
		ProcessInstanceKey: key2, ProcessDefinitionKey: 11, BpmnProcessID: "p", Version: 2, State: record.InstanceActive,
		Variables: document(t, `{"a":1}`), CreatedAt: 100, EndedAt: -1,
	}
	router := &fakeRouter{lookup: func(partition int32, request LookupRequest) (Instance, error) {
		if partition != 2 || request.ProcessInstanceKey != key2 {
			return Instance{}, fmt.Errorf("%w: process instance %d", ErrNotFound, request.ProcessInstanceKey)
		}
		return instance, nil
	}}
	g := serve(t, Config{Router: router})
	lookup := func(key int64) (*enginepb.LookupResponse, error) {
		return g.engine.Lookup(t.Context(), &enginepb.LookupRequest{By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: key}})
	}
	want := &enginepb.LookupResponse{
		ProcessInstanceKey: key2, ProcessDefinitionKey: 11, BpmnProcessId: "p", Version: 2,
		State: enginepb.InstanceState_INSTANCE_STATE_ACTIVE, Variables: `{"a":1}`, CreatedAt: 100,
	}
	check := func() {
		t.Helper()
		got, err := lookup(key2)
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	check()

	instance.Incidents = []OpenIncident{{Key: 3, CreatedAt: 150, Incident: record.Incident{ErrorType: record.ErrorTypeJobNoRetries, ErrorMessage: "m", ElementID: "e", ElementInstanceKey: 4, JobKey: -1}}}
	want.State = enginepb.InstanceState_INSTANCE_STATE_INCIDENT
	want.Incidents = []*enginepb.Incident{{Key: 3, CreatedAt: 150, ErrorType: "JOB_NO_RETRIES", ErrorMessage: "m", ElementId: "e", ElementInstanceKey: 4}}
	check()

	instance.Incidents, instance.State, instance.EndedAt, instance.Variables = nil, record.InstanceTerminated, 200, nil
	want.Incidents, want.State, want.EndedAt, want.Variables = nil, enginepb.InstanceState_INSTANCE_STATE_TERMINATED, 200, "{}"
	check()

	_, err := lookup(record.Key(1, 5))
	expectStatus(t, err, codes.NotFound, fmt.Sprintf("not found: process instance %d", record.Key(1, 5)))
	_, err = lookup(record.Key(700, 5))
	expectStatus(t, err, codes.NotFound, fmt.Sprintf("no process instance with key %[1]d: unknown partition: key %[1]d", record.Key(700, 5)))
	_, err = g.engine.Lookup(t.Context(), &enginepb.LookupRequest{})
	expectStatus(t, err, codes.InvalidArgument, "Lookup needs process_instance_key or idempotency_key")
}
