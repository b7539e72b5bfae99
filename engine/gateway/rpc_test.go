package gateway

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

// The keys used here were made by partition 2, so that a command that goes there was routed.
var key2 = record.Key(2, 7)

// rpcCase says of one call which command it becomes, where that goes, and what the caller gets
// for the engine's answer.
type rpcCase struct {
	name      string
	call      func(context.Context, *gatewayUnderTest) (proto.Message, error)
	partition int32
	command   record.Record
	answer    record.Record
	response  proto.Message
}

func referenced(command record.Record, reference uint64) record.Record {
	command.OperationReference = reference
	return command
}

func jobCases(t *testing.T) []rpcCase {
	vars := document(t, `{"a":1}`)
	done := event(key2, record.JobCompleted, &record.Job{})
	return []rpcCase{
		{
			"CompleteJob", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: key2, Variables: ` {"a": 1} `})
			}, 2, record.NewCommand(key2, record.JobComplete, &record.Job{Variables: vars, TenantID: "<default>"}),
			done, &gatewaypb.CompleteJobResponse{},
		},
		{
			"FailJob", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.FailJob(ctx, &gatewaypb.FailJobRequest{JobKey: key2, Retries: 2, RetryBackOff: 500, ErrorMessage: "no", Variables: `{"a":1}`})
			}, 2, record.NewCommand(key2, record.JobFail, &record.Job{Retries: 2, RetryBackoff: 500, ErrorMessage: "no", Variables: vars, TenantID: "<default>"}),
			done, &gatewaypb.FailJobResponse{},
		},
		{
			"ThrowError", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.ThrowError(ctx, &gatewaypb.ThrowErrorRequest{JobKey: key2, ErrorCode: "E", ErrorMessage: "m", Variables: `{"a":1}`})
			}, 2, record.NewCommand(key2, record.JobThrowError, &record.Job{ErrorCode: "E", ErrorMessage: "m", Variables: vars, TenantID: "<default>"}),
			done, &gatewaypb.ThrowErrorResponse{},
		},
		{
			"UpdateJobRetries", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.UpdateJobRetries(ctx, &gatewaypb.UpdateJobRetriesRequest{JobKey: key2, Retries: 4, OperationReference: proto.Uint64(9)})
			}, 2, referenced(record.NewCommand(key2, record.JobUpdateRetries, &record.Job{Retries: 4, TenantID: "<default>"}), 9),
			done, &gatewaypb.UpdateJobRetriesResponse{},
		},
		{
			"UpdateJobTimeout", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.UpdateJobTimeout(ctx, &gatewaypb.UpdateJobTimeoutRequest{JobKey: key2, Timeout: 60000})
			}, 2, record.NewCommand(key2, record.JobUpdateTimeout, &record.Job{Timeout: 60000, TenantID: "<default>"}),
			done, &gatewaypb.UpdateJobTimeoutResponse{},
		},
	}
}

func instanceCases(t *testing.T) []rpcCase {
	vars := document(t, `{"a":1}`)
	creation := &record.ProcessInstanceCreation{
		BpmnProcessID: "p", Version: -1, ProcessDefinitionKey: -1, ProcessInstanceKey: -1,
		Variables: vars, TenantID: "<default>", Tags: []string{"t"}, BusinessID: "b",
	}
	withResult := *creation
	withResult.FetchVariables = []string{"a"}
	withResult.Tags, withResult.BusinessID = nil, ""
	return []rpcCase{
		{
			"CreateProcessInstance", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.CreateProcessInstance(ctx, &gatewaypb.CreateProcessInstanceRequest{
					BpmnProcessId: "p", Version: -1, Variables: `{"a":1}`, Tags: []string{"t"}, BusinessId: proto.String("b"), OperationReference: proto.Uint64(3), TenantId: "<default>",
				})
			}, 1, referenced(record.NewCommand(-1, record.ProcessInstanceCreationCreate, creation), 3),
			event(5, record.ProcessInstanceCreationCreated, &record.ProcessInstanceCreation{BpmnProcessID: "p", Version: 3, ProcessDefinitionKey: 11, ProcessInstanceKey: key2, Tags: []string{"t"}, BusinessID: "b"}),
			&gatewaypb.CreateProcessInstanceResponse{ProcessDefinitionKey: 11, BpmnProcessId: "p", Version: 3, ProcessInstanceKey: key2, TenantId: "<default>", Tags: []string{"t"}, BusinessId: proto.String("b")},
		},
		{
			"CreateProcessInstanceWithResult", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.CreateProcessInstanceWithResult(ctx, &gatewaypb.CreateProcessInstanceWithResultRequest{
					Request: &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "p", Version: -1, Variables: `{"a":1}`}, FetchVariables: []string{"a"}, RequestTimeout: 1000,
				})
			}, 1, record.NewCommand(-1, record.ProcessInstanceCreationCreateWithAwaitingResult, &withResult),
			event(5, record.ProcessInstanceResultCompleted, &record.ProcessInstanceResult{BpmnProcessID: "p", Version: 3, ProcessDefinitionKey: 11, ProcessInstanceKey: key2, Variables: vars}),
			&gatewaypb.CreateProcessInstanceWithResultResponse{ProcessDefinitionKey: 11, BpmnProcessId: "p", Version: 3, ProcessInstanceKey: key2, Variables: `{"a":1}`, TenantId: "<default>"},
		},
		{
			"CancelProcessInstance", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: key2})
			}, 2, record.NewCommand(key2, record.ProcessInstanceCancel, &record.ProcessInstance{ProcessInstanceKey: key2, TenantID: "<default>"}),
			event(key2, record.ElementTerminating, &record.ProcessInstance{}),
			&gatewaypb.CancelProcessInstanceResponse{},
		},
		{
			"SetVariables", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.SetVariables(ctx, &gatewaypb.SetVariablesRequest{ElementInstanceKey: key2, Variables: `{"a":1}`, Local: true})
			}, 2, record.NewCommand(key2, record.VariableDocumentUpdate, &record.VariableDocument{ScopeKey: key2, Local: true, Variables: vars, TenantID: "<default>"}),
			event(77, record.VariableDocumentUpdated, &record.VariableDocument{}),
			&gatewaypb.SetVariablesResponse{Key: 77},
		},
		{
			"ResolveIncident", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.ResolveIncident(ctx, &gatewaypb.ResolveIncidentRequest{IncidentKey: key2})
			}, 2, record.NewCommand(key2, record.IncidentResolve, &record.Incident{TenantID: "<default>"}),
			event(key2, record.IncidentResolved, &record.Incident{}),
			&gatewaypb.ResolveIncidentResponse{},
		},
	}
}

func deploymentAndMessageCases(t *testing.T) []rpcCase {
	command := &record.Deployment{Resources: []record.DeploymentResource{{ResourceName: "p.bpmn", Resource: []byte("x")}}, DeploymentKey: -1, TenantID: "<default>"}
	deployed := &record.Deployment{ProcessesMetadata: []record.ProcessMetadata{{BpmnProcessID: "p", Version: 2, ProcessDefinitionKey: 11, ResourceName: "p.bpmn"}}}
	process := &gatewaypb.ProcessMetadata{BpmnProcessId: "p", Version: 2, ProcessDefinitionKey: 11, ResourceName: "p.bpmn", TenantId: "<default>"}
	message := record.Message{Name: "m", CorrelationKey: "key-3", MessageID: "id", TimeToLive: 1000, Deadline: -1, Variables: document(t, `{"a":1}`), TenantID: "<default>"}
	withOutcome := message
	withOutcome.WithOutcome = true
	return []rpcCase{
		{
			"DeployResource", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.DeployResource(ctx, &gatewaypb.DeployResourceRequest{Resources: []*gatewaypb.Resource{{Name: "p.bpmn", Content: []byte("x")}}})
			}, 1, record.NewCommand(-1, record.DeploymentCreate, command),
			event(99, record.DeploymentCreated, deployed),
			&gatewaypb.DeployResourceResponse{Key: 99, TenantId: "<default>", Deployments: []*gatewaypb.Deployment{{Metadata: &gatewaypb.Deployment_Process{Process: process}}}},
		},
		{
			"DeployProcess", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.DeployProcess(ctx, &gatewaypb.DeployProcessRequest{Processes: []*gatewaypb.ProcessRequestObject{{Name: "p.bpmn", Definition: []byte("x")}}})
			}, 1, record.NewCommand(-1, record.DeploymentCreate, command),
			event(99, record.DeploymentCreated, deployed),
			&gatewaypb.DeployProcessResponse{Key: 99, Processes: []*gatewaypb.ProcessMetadata{process}},
		},
		{
			"PublishMessage", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.client.PublishMessage(ctx, &gatewaypb.PublishMessageRequest{Name: "m", CorrelationKey: "key-3", TimeToLive: 1000, MessageId: "id", Variables: `{"a":1}`})
			}, record.PartitionForCorrelationKey("key-3", 2), record.NewCommand(-1, record.MessagePublish, &message),
			event(55, record.MessagePublished, &record.Message{}),
			&gatewaypb.PublishMessageResponse{Key: 55, TenantId: "<default>"},
		},
		{
			"PublishWithOutcome", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.engine.PublishWithOutcome(ctx, &enginepb.PublishWithOutcomeRequest{Name: "m", CorrelationKey: "key-3", TimeToLive: 1000, MessageId: "id", Variables: `{"a":1}`})
			}, record.PartitionForCorrelationKey("key-3", 2), record.NewCommand(-1, record.MessagePublish, &withOutcome),
			event(55, record.MessageOutcomeStarted, &record.MessageOutcome{ProcessInstanceKeys: []int64{key2}}),
			&enginepb.PublishWithOutcomeResponse{MessageKey: 55, Outcome: enginepb.Outcome_OUTCOME_STARTED, ProcessInstanceKeys: []int64{key2}},
		},
		{
			"PublishWithOutcome of a duplicate", func(ctx context.Context, g *gatewayUnderTest) (proto.Message, error) {
				return g.engine.PublishWithOutcome(ctx, &enginepb.PublishWithOutcomeRequest{Name: "m", CorrelationKey: "key-3", TimeToLive: 1000, MessageId: "id", Variables: `{"a":1}`})
			}, record.PartitionForCorrelationKey("key-3", 2), record.NewCommand(-1, record.MessagePublish, &withOutcome),
			refusal(record.NewCommand(-1, record.MessagePublish, &withOutcome), record.AlreadyExists, "there is one"),
			&enginepb.PublishWithOutcomeResponse{Outcome: enginepb.Outcome_OUTCOME_DUPLICATE},
		},
	}
}

// Each call becomes one command for the partition it belongs to, and the engine's answer
// becomes the call's.
func TestCallsBecomeCommands(t *testing.T) {
	for _, c := range append(append(jobCases(t), instanceCases(t)...), deploymentAndMessageCases(t)...) {
		t.Run(c.name, func(t *testing.T) {
			router := &fakeRouter{answer: func(context.Context, int32, record.Record) (record.Record, error) { return c.answer, nil }}
			g := serve(t, Config{Router: router})
			response, err := c.call(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			sent := router.sent()
			if len(sent) != 1 {
				t.Fatalf("%d commands, expected one", len(sent))
			}
			if sent[0].partition != c.partition {
				t.Errorf("went to partition %d, expected %d", sent[0].partition, c.partition)
			}
			if diff := cmp.Diff(c.command, sent[0].Record); diff != "" {
				t.Errorf("command (-expected +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.response, response, protocmp.Transform()); diff != "" {
				t.Errorf("response (-expected +got):\n%s", diff)
			}
		})
	}
}

// Each call that the engine refuses ends with the status and the text that clients match on.
func TestRejectionsBecomeStatuses(t *testing.T) {
	wanted := map[record.RejectionType]codes.Code{
		record.InvalidArgument: codes.InvalidArgument, record.NotFound: codes.NotFound,
		record.AlreadyExists: codes.AlreadyExists, record.InvalidState: codes.FailedPrecondition,
		record.ProcessingError: codes.Internal, record.Unauthorized: codes.PermissionDenied, record.Forbidden: codes.PermissionDenied,
	}
	for kind, code := range wanted {
		router := &fakeRouter{answer: func(_ context.Context, _ int32, command record.Record) (record.Record, error) {
			return refusal(command, kind, "because"), nil
		}}
		g := serve(t, Config{Router: router})
		_, err := g.client.CompleteJob(t.Context(), &gatewaypb.CompleteJobRequest{JobKey: key2})
		expectStatus(t, err, code, "Command 'COMPLETE' rejected with code '"+kind.String()+"': because")
	}
}

func TestTopology(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router, Version: "8.8.1"})
	empty, err := g.client.Topology(t.Context(), &gatewaypb.TopologyRequest{})
	if err != nil || len(empty.Brokers) != 0 || empty.GatewayVersion != "8.8.1" {
		t.Fatalf("an unknown cluster: %v, %v", empty, err)
	}
	router.topology = Topology{ClusterID: "c", ClusterSize: 1, PartitionsCount: 2, ReplicationFactor: 1, Brokers: []Broker{
		{NodeID: 0, Host: "h", Port: 26501, Partitions: []BrokerPartition{{ID: 1, Role: Leader, Healthy: true}, {ID: 2, Role: Follower}}},
	}}
	got, err := g.client.Topology(t.Context(), &gatewaypb.TopologyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := &gatewaypb.TopologyResponse{
		ClusterId: "c", ClusterSize: 1, PartitionsCount: 2, ReplicationFactor: 1, GatewayVersion: "8.8.1",
		Brokers: []*gatewaypb.BrokerInfo{{Host: "h", Port: 26501, Version: "8.8.1", Partitions: []*gatewaypb.Partition{
			{PartitionId: 1}, {PartitionId: 2, Role: gatewaypb.Partition_FOLLOWER, Health: gatewaypb.Partition_UNHEALTHY},
		}}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// What is not built yet says so by name.
func TestCallsThatComeLater(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	ctx := t.Context()
	calls := map[string]func() error{
		"EvaluateDecision": func() error {
			_, err := g.client.EvaluateDecision(ctx, &gatewaypb.EvaluateDecisionRequest{})
			return err
		},
		"ModifyProcessInstance": func() error {
			_, err := g.client.ModifyProcessInstance(ctx, &gatewaypb.ModifyProcessInstanceRequest{})
			return err
		},
		"MigrateProcessInstance": func() error {
			_, err := g.client.MigrateProcessInstance(ctx, &gatewaypb.MigrateProcessInstanceRequest{})
			return err
		},
		"DeleteResource": func() error {
			_, err := g.client.DeleteResource(ctx, &gatewaypb.DeleteResourceRequest{})
			return err
		},
		"BroadcastSignal": func() error {
			_, err := g.client.BroadcastSignal(ctx, &gatewaypb.BroadcastSignalRequest{})
			return err
		},
		"EvaluateConditional": func() error {
			_, err := g.client.EvaluateConditional(ctx, &gatewaypb.EvaluateConditionalRequest{})
			return err
		},
	}
	for name, call := range calls {
		expectStatus(t, call(), codes.Unimplemented, name+" is not available in this version of payhub; it comes in a later one")
	}
}

func expectStatus(t *testing.T, err error, code codes.Code, text string) {
	t.Helper()
	got := status.Convert(err)
	if got.Code() != code || got.Message() != text {
		t.Errorf("got  %s: %s\nwant %s: %s", got.Code(), got.Message(), code, text)
	}
}
