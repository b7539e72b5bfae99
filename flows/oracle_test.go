package flows_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/flowstest"
)

// oracle is a real Zeebe whose clock moves when told to and whose records can be read.
type oracle struct {
	testing.TB
	gateway gatewaypb.GatewayClient
	control string
	seen    int // records read so far
}

// record is one of its records.
type record struct {
	ValueType, RecordType, Intent string
	Value                         struct {
		ProcessInstanceKey, ParentProcessInstanceKey, RootProcessInstanceKey, ScopeKey int64
		BpmnProcessID, ElementID, BpmnElementType                                      string
		Name, Value, Type                                                              string
	}
}

func runOnOracle(t *testing.T, addresses string) (runs []run) {
	address, control, ok := strings.Cut(addresses, ",")
	if !ok {
		t.Fatal("-oracle needs GRPC_ADDRESS,CONTROL_ADDRESS")
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	o := &oracle{TB: t, gateway: gatewaypb.NewGatewayClient(conn), control: "http://" + control}
	request := &gatewaypb.DeployResourceRequest{}
	for _, f := range flows.Catalogue() {
		request.Resources = append(request.Resources, &gatewaypb.Resource{Name: f.File, Content: f.BPMN()})
	}
	if _, err := o.gateway.DeployResource(t.Context(), request); err != nil {
		t.Fatalf("Zeebe refuses the flows: %v", err)
	}
	for _, s := range flowstest.Scenarios() {
		runs = append(runs, o.play(s))
		if t.Failed() {
			t.FailNow()
		}
	}
	return runs
}

// play runs one scenario and reads what happened from the records.
func (o *oracle) play(s flowstest.Scenario) run {
	o.records() // those of before
	created, err := o.gateway.CreateProcessInstance(o.Context(), &gatewaypb.CreateProcessInstanceRequest{
		BpmnProcessId: flows.LocalTransfer, Version: -1, Variables: o.json(contract.Start{
			TransactionID: "t-1", Tenant: "greenbank", PayeeTenant: "bluebank",
			Payer:  contract.Party{Type: "MSISDN", ID: "27710101999"},
			Payee:  contract.Party{Type: "MSISDN", ID: "27713803912"},
			Amount: contract.Amount{Value: "10.50", Currency: "USD"},
		}),
	})
	if err != nil {
		o.Fatal(err)
	}
	r := run{Name: s.Name, Variables: map[string]json.RawMessage{}}
	completed := false
	read := func() {
		o.post("/idle?ms=30000")
		for _, x := range o.records() {
			completed = r.follow(x, created.ProcessInstanceKey) || completed
		}
	}
	for _, step := range s.Steps {
		read()
		o.step(&r, step)
	}
	read()
	if !completed {
		o.Errorf("%s: the payment has not ended after the last step; it went %v", s.Name, r.Flows)
	}
	return r
}

// follow takes one record into the run; it says whether the payment's flow has completed.
func (r *run) follow(x record, root int64) (completed bool) {
	v := x.Value
	switch {
	case x.RecordType != "EVENT":
	case x.ValueType == "PROCESS_INSTANCE" && x.Intent == "SEQUENCE_FLOW_TAKEN":
		r.Flows = append(r.Flows, v.BpmnProcessID+":"+v.ElementID)
	case x.ValueType == "PROCESS_INSTANCE" && x.Intent == "ELEMENT_COMPLETED":
		if strings.HasSuffix(v.BpmnElementType, "_EVENT") {
			r.Elements = append(r.Elements, v.BpmnProcessID+":"+v.ElementID)
		}
		return v.BpmnElementType == "PROCESS" && v.ProcessInstanceKey == root
	case x.ValueType == "VARIABLE" && v.ScopeKey == root && contractStep(v.Name):
		r.Variables[v.Name] = json.RawMessage(v.Value)
		text, _ := json.Marshal(r.Variables) // of raw JSON: cannot fail but for what Zeebe itself wrote
		if state := contract.PaymentState(text).State; len(r.States) == 0 || r.States[len(r.States)-1] != state {
			r.States = append(r.States, state)
		}
	}
	return false
}

// contractStep says whether a variable is one that the flow sets: those of the start are the same each time.
func contractStep(name string) bool {
	switch name {
	case contract.VarPayerLookup, contract.VarPayeeLookup, contract.VarQuote, contract.VarHold, contract.VarCredit, contract.VarBook, contract.VarRelease:
		return true
	}
	return false
}

func (o *oracle) step(r *run, text string) {
	words := strings.Fields(text)
	switch words[0] {
	case "advance":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			o.Fatal(err)
		}
		o.post(fmt.Sprintf("/clock?ms=%d", d.Milliseconds()))
	case "operator":
		m := contract.OperatorMessage{Operator: contract.OperatorDecision{Decision: contract.Decision(words[2]), Reason: "seen in the books", By: "ann"}}
		if _, err := o.gateway.PublishMessage(o.Context(), &gatewaypb.PublishMessageRequest{
			Name: contract.MessageOperatorDecision, CorrelationKey: contract.Key("t-1", contract.Operation(words[1])), Variables: o.json(m),
		}); err != nil {
			o.Fatal(err)
		}
	default:
		o.answer(r, words)
	}
}

// answer takes the one job that must be there and answers it.
func (o *oracle) answer(r *run, words []string) {
	stream, err := o.gateway.ActivateJobs(o.Context(), &gatewaypb.ActivateJobsRequest{
		Type: "ams." + words[0], Worker: "scenario", Timeout: time.Hour.Milliseconds() * 10, MaxJobsToActivate: 2, FetchVariable: []string{contract.VarRequest},
	})
	if err != nil {
		o.Fatal(err)
	}
	var jobs []*gatewaypb.ActivatedJob
	for {
		a, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			o.Fatal(err)
		}
		jobs = append(jobs, a.Jobs...)
	}
	if len(jobs) != 1 {
		o.Fatalf("%s: there are %d jobs ams.%s, want one; it went %v", r.Name, len(jobs), words[0], r.Flows)
	}
	var variables contract.Request[json.RawMessage]
	if err := json.Unmarshal([]byte(jobs[0].Variables), &variables); err != nil {
		o.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, variables.Request); err != nil {
		o.Fatal(err)
	}
	r.Jobs = append(r.Jobs, jobs[0].Type+" "+compact.String())
	if words[1] == "late" {
		return
	}
	answer := contract.Answer[contract.LookupResult]{Result: contract.LookupResult{Result: contract.Result{Outcome: contract.Outcome(words[1])}}}
	if words[1] == "done" {
		answer.Result.Reference = "ref-" + words[0]
		if words[0] == "lookup" {
			answer.Result.Account = fmt.Sprintf("account-%d", len(r.Jobs))
		}
	}
	if len(words) > 2 {
		answer.Result.Code = contract.Code(words[2])
	}
	if _, err := o.gateway.CompleteJob(o.Context(), &gatewaypb.CompleteJobRequest{JobKey: jobs[0].Key, Variables: o.json(answer)}); err != nil {
		o.Fatal(err)
	}
}

func (o *oracle) json(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		o.Fatal(err)
	}
	return string(text)
}

// records reads the records since the last call.
func (o *oracle) records() (found []record) {
	lines := bufio.NewScanner(bytes.NewReader(o.get(fmt.Sprintf("/records?from=%d", o.seen))))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var x record
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			var wrong *json.UnmarshalTypeError // other value types have other shapes: not ours
			if !asType(err, &wrong) {
				o.Fatal(err)
			}
		}
		o.seen++
		found = append(found, x)
	}
	return found
}

func asType(err error, target **json.UnmarshalTypeError) bool {
	e, ok := err.(*json.UnmarshalTypeError)
	*target = e
	return ok
}

func (o *oracle) get(path string) []byte  { return o.call(http.MethodGet, path) }
func (o *oracle) post(path string) []byte { return o.call(http.MethodPost, path) }

func (o *oracle) call(method, path string) []byte {
	ctx, cancel := context.WithTimeout(o.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, o.control+path, nil)
	if err != nil {
		o.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		o.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		o.Fatalf("%s %s: %s %s %v", method, path, answer.Status, text, err)
	}
	return text
}
