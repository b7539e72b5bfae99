package badinput_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/test/payments/dev"
)

// process is a model of a start, a task of type "work" and an end; more is put before the end of the process.
func process(id, more string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="x">
<bpmn:process id="` + id + `" isExecutable="true">
<bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task" />
<bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work" /></bpmn:extensionElements><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:serviceTask>
<bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end" />
<bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>` + more + `
</bpmn:process></bpmn:definitions>`
}

// badModels are resources that are refused; words stand in the refusal.
var badModels = []struct {
	name, file, content string
	words               []string
}{
	{"no XML", "a.bpmn", "this is no XML", []string{"a.bpmn"}},
	{"XML that is cut off", "cut.bpmn", process("cut", "")[:700], []string{"cut.bpmn"}},
	{"other XML", "html.bpmn", "<html><body>hello</body></html>", []string{"html.bpmn"}},
	{"nothing", "empty.bpmn", "", []string{"empty.bpmn"}},
	{"no such element", "flow.bpmn", process("flow", `<bpmn:sequenceFlow id="lost" sourceRef="task" targetRef="nowhere" />`), []string{"flow.bpmn", "nowhere"}},
	{"an id twice", "twice.bpmn", process("twice", `<bpmn:task id="task" />`), []string{"twice.bpmn", "task"}},
	{"a task without a type", "type.bpmn", process("type", `<bpmn:serviceTask id="bare" />`), []string{"type.bpmn", "bare"}},
	{"a broken expression", "feel.bpmn", strings.Replace(process("feel", ""), `type="work"`, `type="= 1 +* 2"`, 1), []string{"feel.bpmn", "task"}},
	{"a timer that is none", "timer.bpmn", process("timer", `<bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition id="d"><bpmn:timeDuration>soon</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>`), []string{"timer.bpmn", "wait"}},
	{"XML bomb of entities", "bomb.bpmn", `<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><b>&c;</b>`, []string{"bomb.bpmn"}},
	{"an entity of a file", "file.bpmn", `<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><b>&a;</b>`, []string{"file.bpmn"}},
	{"XML bomb of depth", "deep.bpmn", strings.Repeat("<a>", 100_000), []string{"deep.bpmn"}},
	{"YAML with an unknown key", "w.yaml", "workflow: w\nstpes: []\n", []string{"w.yaml"}},
	{"YAML bomb of aliases", "bomb.yaml", "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n", []string{"bomb.yaml"}},
	{"another kind of file", "notes.txt", "hello", []string{"notes.txt"}},
}

func TestModelsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	g := gatewaypb.NewGatewayClient(p.Dial())
	for _, c := range badModels {
		good := &gatewaypb.Resource{Name: "good.bpmn", Content: []byte(process("never", ""))}
		_, err := g.DeployResource(t.Context(), &gatewaypb.DeployResourceRequest{Resources: []*gatewaypb.Resource{good, {Name: c.file, Content: []byte(c.content)}}})
		expectStatus(t, c.name, err, codes.InvalidArgument, c.words...)
	}
	_, err := g.CreateProcessInstance(t.Context(), &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "never", Version: -1})
	expectStatus(t, "what was deployed beside a bad model", err, codes.NotFound, "never")
	expectPayment(t, p, "after all")
}

func TestCallsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	g := gatewaypb.NewGatewayClient(p.Dial())
	ctx := t.Context()
	if _, err := g.DeployResource(ctx, &gatewaypb.DeployResourceRequest{Resources: []*gatewaypb.Resource{{Name: "work.bpmn", Content: []byte(process("work", ""))}}}); err != nil {
		t.Fatal(err)
	}
	create := func(r *gatewaypb.CreateProcessInstanceRequest) error {
		_, err := g.CreateProcessInstance(ctx, r)
		return err
	}
	const unknown = 1<<51 + 999_999_999 // a key of partition 1 that nothing has
	for _, c := range []struct {
		name  string
		call  func() error
		code  codes.Code
		words []string
	}{
		{"an unknown process", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "nobody", Version: -1})
		}, codes.NotFound, []string{"nobody"}},
		{"an unknown version", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: 99})
		}, codes.NotFound, []string{"99"}},
		{"no process", func() error { return create(&gatewaypb.CreateProcessInstanceRequest{}) }, codes.InvalidArgument, nil},
		{"wrong tenant", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: -1, TenantId: "redbank"})
		}, codes.InvalidArgument, []string{"redbank"}},
		{"variables that are no JSON", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: -1, Variables: "{x"})
		}, codes.InvalidArgument, []string{"variables"}},
		{"variables that are no object", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: -1, Variables: "[1]"})
		}, codes.InvalidArgument, []string{"variables"}},
		{"a JSON bomb", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: -1, Variables: `{"a":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + "}"})
		}, codes.InvalidArgument, []string{"variables"}},
		{"a huge call", func() error {
			return create(&gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: -1, Variables: `{"a":"` + strings.Repeat("x", 5<<20) + `"}`})
		}, codes.InvalidArgument, []string{"4194304", "send less"}},
		{"an unknown job", func() error {
			_, err := g.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: unknown})
			return err
		}, codes.NotFound, []string{fmt.Sprint(unknown)}},
		{"a job of no partition", func() error {
			_, err := g.FailJob(ctx, &gatewaypb.FailJobRequest{JobKey: 7})
			return err
		}, codes.NotFound, []string{"7"}},
		{"a negative key", func() error {
			_, err := g.ThrowError(ctx, &gatewaypb.ThrowErrorRequest{JobKey: -1, ErrorCode: "x"})
			return err
		}, codes.NotFound, []string{"-1"}},
		{"an unknown instance", func() error {
			_, err := g.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: unknown})
			return err
		}, codes.NotFound, []string{fmt.Sprint(unknown)}},
		{"an unknown incident", func() error {
			_, err := g.ResolveIncident(ctx, &gatewaypb.ResolveIncidentRequest{IncidentKey: unknown})
			return err
		}, codes.NotFound, []string{fmt.Sprint(unknown)}},
		{"variables of nobody", func() error {
			_, err := g.SetVariables(ctx, &gatewaypb.SetVariablesRequest{ElementInstanceKey: unknown, Variables: "{}"})
			return err
		}, codes.NotFound, []string{fmt.Sprint(unknown)}},
		{"retries of nobody", func() error {
			_, err := g.UpdateJobRetries(ctx, &gatewaypb.UpdateJobRetriesRequest{JobKey: unknown, Retries: 1})
			return err
		}, codes.NotFound, []string{fmt.Sprint(unknown)}},
		{"jobs of no type", func() error {
			return activate(ctx, g, &gatewaypb.ActivateJobsRequest{Timeout: 1, MaxJobsToActivate: 1})
		}, codes.InvalidArgument, []string{"type"}},
		{"a lease of no time", func() error {
			return activate(ctx, g, &gatewaypb.ActivateJobsRequest{Type: "work", MaxJobsToActivate: 1})
		}, codes.InvalidArgument, []string{"timeout"}},
		{"nothing to deploy", func() error {
			_, err := g.DeployResource(ctx, &gatewaypb.DeployResourceRequest{})
			return err
		}, codes.InvalidArgument, nil},
		{"what is not built", func() error {
			_, err := g.BroadcastSignal(ctx, &gatewaypb.BroadcastSignalRequest{SignalName: "s"})
			return err
		}, codes.Unimplemented, []string{"BroadcastSignal"}},
		{"an idempotency key of no bytes", func() error {
			_, err := enginepb.NewEngineClient(p.Dial()).CreateOnce(ctx, &enginepb.CreateOnceRequest{BpmnProcessId: "work", BodyHash: []byte{1}})
			return err
		}, codes.InvalidArgument, []string{"idempotency_key"}},
		{"a look-up of nobody", func() error {
			_, err := enginepb.NewEngineClient(p.Dial()).Lookup(ctx, &enginepb.LookupRequest{By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: unknown}})
			return err
		}, codes.NotFound, nil},
	} {
		expectStatus(t, c.name, c.call(), c.code, c.words...)
	}
	expectUntouched(t, p)
	expectPayment(t, p, "after all")
}

// The largest message that is taken goes through a whole instance; one byte more than the limit is refused.
func TestAMessageOfTheLargestSize(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	g := gatewaypb.NewGatewayClient(p.Dial())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := g.DeployResource(ctx, &gatewaypb.DeployResourceRequest{Resources: []*gatewaypb.Resource{{Name: "work.bpmn", Content: []byte(process("work", ""))}}}); err != nil {
		t.Fatal(err)
	}
	large, err := json.Marshal(map[string]string{"large": strings.Repeat("x", 3<<20)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.CreateProcessInstance(ctx, &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "work", Version: -1, Variables: string(large)}); err != nil {
		t.Fatalf("3 MiB of variables: %v", err)
	}
	stream, err := g.ActivateJobs(ctx, &gatewaypb.ActivateJobsRequest{Type: "work", Timeout: 60_000, MaxJobsToActivate: 5, RequestTimeout: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil || len(answer.Jobs) != 1 || len(answer.Jobs[0].Variables) < 3<<20 {
		t.Fatalf("the job with 3 MiB of variables: %v %v", len(answer.GetJobs()), err)
	}
	_, err = g.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: answer.Jobs[0].Key, Variables: string(large)})
	if err != nil {
		t.Errorf("it is completed with 3 MiB more: %v", err)
	}
	_, err = g.PublishMessage(ctx, &gatewaypb.PublishMessageRequest{Name: "m", CorrelationKey: "k", TimeToLive: 60_000, Variables: string(large)})
	if err != nil {
		t.Errorf("a message of 3 MiB: %v", err)
	}
	over, err := json.Marshal(map[string]string{"large": strings.Repeat("x", 4<<20)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.PublishMessage(ctx, &gatewaypb.PublishMessageRequest{Name: "m", CorrelationKey: "k", TimeToLive: 60_000, Variables: string(over)})
	expectStatus(t, "a message over the limit", err, codes.InvalidArgument, "4194304")
	expectPayment(t, p, "after all")
}

func activate(ctx context.Context, g gatewaypb.GatewayClient, r *gatewaypb.ActivateJobsRequest) error {
	stream, err := g.ActivateJobs(ctx, r)
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}

func expectStatus(t *testing.T, name string, err error, code codes.Code, words ...string) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("%s: %.500v, expected %s", name, err, code)
		return
	}
	for _, word := range append(words, " ") { // a code alone, or one word, is no explanation
		if text := status.Convert(err).Message(); !strings.Contains(text, word) {
			t.Errorf("%s: %.500s does not say %q", name, text, word)
		}
	}
}
