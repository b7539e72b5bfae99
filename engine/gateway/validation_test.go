package gateway

import (
	"context"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// What is refused before it reaches the engine, with a text that says what is wrong.
func TestRefusedAtTheGateway(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router, MaxMessageSize: 1000})
	ctx := t.Context()
	create := func(request *gatewaypb.CreateProcessInstanceRequest) error {
		_, err := g.client.CreateProcessInstance(ctx, request)
		return err
	}
	once := func(change func(*enginepb.CreateOnceRequest)) error {
		request := createOnceRequest()
		change(request)
		_, err := g.engine.CreateOnce(ctx, request)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		code codes.Code
		says string
	}{
		"variables that are no JSON":   {create(&gatewaypb.CreateProcessInstanceRequest{Variables: `{"a":`}), codes.InvalidArgument, "Property 'variables' is invalid"},
		"variables that are no object": {create(&gatewaypb.CreateProcessInstanceRequest{Variables: `[1]`}), codes.InvalidArgument, "Property 'variables' is invalid: Expected document to be a root level object, but was 'ARRAY'"},
		"another tenant":               {create(&gatewaypb.CreateProcessInstanceRequest{TenantId: "x"}), codes.InvalidArgument, "Expected to handle gRPC request CreateProcessInstance with tenant identifier 'x', but multi-tenancy is disabled"},
		"a long business id":           {create(&gatewaypb.CreateProcessInstanceRequest{BusinessId: proto.String(strings.Repeat("ä", 257))}), codes.InvalidArgument, "businessId has 257 characters, the limit is 256"},
		"start instructions":           {create(&gatewaypb.CreateProcessInstanceRequest{StartInstructions: []*gatewaypb.ProcessInstanceCreationStartInstruction{{ElementId: "e"}}}), codes.Unimplemented, "start and runtime instructions come later"},
		"a request over the limit":     {create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: strings.Repeat("x", 1000)}), codes.InvalidArgument, "the request has 1003 bytes, the limit is 1000"},
		"no idempotency key":           {once(func(r *enginepb.CreateOnceRequest) { r.IdempotencyKey = "" }), codes.InvalidArgument, "idempotency_key has 0 bytes"},
		"a long idempotency key":       {once(func(r *enginepb.CreateOnceRequest) { r.IdempotencyKey = strings.Repeat("k", 257) }), codes.InvalidArgument, "idempotency_key has 257 bytes"},
		"no body hash":                 {once(func(r *enginepb.CreateOnceRequest) { r.BodyHash = nil }), codes.InvalidArgument, "body_hash has 0 bytes"},
	} {
		if got := status.Convert(c.err); got.Code() != c.code || !strings.Contains(got.Message(), c.says) {
			t.Errorf("%s: %v, expected %s … %s", name, c.err, c.code, c.says)
		}
	}
	if sent := router.sent(); len(sent) > 0 {
		t.Errorf("%d commands reached the engine", len(sent))
	}
}

// A streaming call's request has the same limit.
func TestStreamingRequestOverTheLimit(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}, MaxMessageSize: 100})
	stream, err := g.client.ActivateJobs(t.Context(), &gatewaypb.ActivateJobsRequest{Type: strings.Repeat("x", 200)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = stream.Recv(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v, expected INVALID_ARGUMENT", err)
	}
}

// The key of a partition that does not exist is NOT_FOUND with the engine's own text: clients
// that get UNAVAILABLE repeat the call for ever.
func TestForeignKeysAreNotFound(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	ctx := t.Context()
	for _, key := range []int64{record.Key(700, 1), 0, -5, 123} {
		_, completed := g.client.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: key})
		_, failed := g.client.FailJob(ctx, &gatewaypb.FailJobRequest{JobKey: key})
		_, thrown := g.client.ThrowError(ctx, &gatewaypb.ThrowErrorRequest{JobKey: key})
		_, retried := g.client.UpdateJobRetries(ctx, &gatewaypb.UpdateJobRetriesRequest{JobKey: key, Retries: 1})
		_, extended := g.client.UpdateJobTimeout(ctx, &gatewaypb.UpdateJobTimeoutRequest{JobKey: key})
		_, cancelled := g.client.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: key})
		_, set := g.client.SetVariables(ctx, &gatewaypb.SetVariablesRequest{ElementInstanceKey: key})
		_, resolved := g.client.ResolveIncident(ctx, &gatewaypb.ResolveIncidentRequest{IncidentKey: key})
		for _, err := range []error{completed, failed, thrown, retried, extended, cancelled, set, resolved} {
			got := status.Convert(err)
			if got.Code() != codes.NotFound || !strings.Contains(got.Message(), "rejected with code 'NOT_FOUND': Expected to ") || !strings.Contains(got.Message(), ", but no such ") {
				t.Errorf("key %d: %v", key, err)
			}
		}
	}
}

// A create goes to the next partition only if the first surely did not execute it.
func TestCreateIsNeverExecutedTwice(t *testing.T) {
	for _, c := range []struct {
		name  string
		first error
		tries int
		code  codes.Code
	}{
		{"no leader", ErrUnavailable, 2, codes.OK},
		{"overloaded", ErrOverloaded, 1, codes.ResourceExhausted}, // asking others would carry it to them
		{"leadership lost on the way", ErrOutcomeUnknown, 1, codes.Aborted},
		{"no answer in time", context.DeadlineExceeded, 1, codes.DeadlineExceeded},
	} {
		router := &fakeRouter{}
		router.answer = func(_ context.Context, partition int32, _ record.Record) (record.Record, error) {
			if partition == 1 {
				return record.Record{}, c.first
			}
			return event(1, record.ProcessInstanceCreationCreated, &record.ProcessInstanceCreation{}), nil
		}
		g := serve(t, Config{Router: router})
		_, err := g.client.CreateProcessInstance(t.Context(), &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "p"})
		if status.Code(err) != c.code || len(router.sent()) != c.tries {
			t.Errorf("%s: %v after %d tries, expected %s after %d", c.name, err, len(router.sent()), c.code, c.tries)
		}
	}
}

// A partition that does not know a definition yet has decided that nothing is made: the partition
// where definitions are made has the last word, and is asked once.
func TestCreateAsksWhereDefinitionsAreMade(t *testing.T) {
	for _, c := range []struct {
		name  string
		knows bool
		code  codes.Code
	}{
		{"the mail has not arrived", true, codes.OK},
		{"there is no such definition", false, codes.NotFound},
	} {
		router := &fakeRouter{creates: 1} // the next one goes to partition 2
		router.answer = func(_ context.Context, partition int32, command record.Record) (record.Record, error) {
			if partition == 2 || !c.knows {
				return refusal(command, record.NotFound, "no such definition"), nil
			}
			return event(1, record.ProcessInstanceCreationCreated, &record.ProcessInstanceCreation{}), nil
		}
		g := serve(t, Config{Router: router})
		_, err := g.client.CreateProcessInstance(t.Context(), &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "p"})
		if status.Code(err) != c.code || len(router.sent()) != 2 {
			t.Errorf("%s: %v after %d tries, expected %s after 2", c.name, err, len(router.sent()), c.code)
		}
	}
}

// A create that waits for the end answers DEADLINE_EXCEEDED at the time it was given.
func TestWithResultEndsInTime(t *testing.T) {
	router := &fakeRouter{answer: func(ctx context.Context, _ int32, _ record.Record) (record.Record, error) {
		<-ctx.Done()
		return record.Record{}, ctx.Err()
	}}
	g := serve(t, Config{Router: router})
	_, err := g.client.CreateProcessInstanceWithResult(t.Context(), &gatewaypb.CreateProcessInstanceWithResultRequest{
		Request: &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "p"}, RequestTimeout: 20,
	})
	expectStatus(t, err, codes.DeadlineExceeded, "the process instance did not complete within 20ms; if it was created, it goes on")
}

// A call whose deadline is over when it arrives is not executed.
func TestExpiredDeadline(t *testing.T) {
	router := &fakeRouter{}
	server, err := New(Config{Router: router})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := server.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: key2}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, expected DEADLINE_EXCEEDED", err)
	}
	if sent := router.sent(); len(sent) > 0 {
		t.Error("the command was executed")
	}
}
