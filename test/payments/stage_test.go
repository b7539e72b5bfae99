package payments_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/flowstest"
	"github.com/payhub/payhub/test/payments/dev"
)

// stage is a payhub without connectors on which scenarios are played: it hands each job to the play it belongs to.
type stage struct {
	p       *dev.Process
	gateway gatewaypb.GatewayClient
	engine  enginepb.EngineClient

	mu      sync.Mutex
	inboxes map[string]chan *gatewaypb.ActivatedJob
}

// inbox is where the jobs with a key go: an instance's key, or a payment's id for the questions for its status.
func (s *stage) inbox(key string) chan *gatewaypb.ActivatedJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inboxes[key] == nil {
		s.inboxes[key] = make(chan *gatewaypb.ActivatedJob, 16)
	}
	return s.inboxes[key]
}

// hand takes the jobs of a type until the context ends, and hands them out.
func (s *stage) hand(ctx context.Context, jobType string) {
	for ctx.Err() == nil {
		stream, err := s.gateway.ActivateJobs(ctx, &gatewaypb.ActivateJobsRequest{
			Type: jobType, Worker: "scenario", Timeout: time.Hour.Milliseconds(), MaxJobsToActivate: 32,
			FetchVariable: []string{contract.VarRequest}, RequestTimeout: 10_000,
		})
		for err == nil {
			var answer *gatewaypb.ActivateJobsResponse
			if answer, err = stream.Recv(); err == nil {
				for _, job := range answer.Jobs {
					s.inbox(owner(job)) <- job
				}
			}
		}
	}
}

// owner is the key of the inbox that a job belongs to.
func owner(job *gatewaypb.ActivatedJob) string {
	if job.Type != contract.JobStatus {
		return fmt.Sprint(job.ProcessInstanceKey)
	}
	var variables struct{ Request struct{ Key string } }
	_ = json.Unmarshal([]byte(job.Variables), &variables) // what cannot be read belongs to nobody, and is missed there
	payment, _, _ := strings.Cut(variables.Request.Key, ":")
	return payment
}

// play is one scenario on the stage.
type play struct {
	*stage
	id       string
	scenario flowstest.Scenario

	instance  int64
	jobs      []string
	states    []contract.State
	variables string
	err       error
}

// playLimit is how long a scenario waits for what must come next.
const playLimit = 30 * time.Second

func (p *play) run(ctx context.Context) error {
	start := map[string]any{
		"transactionId": p.id, "tenantId": dev.PayerBank, "payeeTenantId": dev.PayeeBank,
		"payer":  contract.Party{Type: "MSISDN", ID: dev.Payer},
		"payee":  contract.Party{Type: "MSISDN", ID: dev.Payee},
		"amount": contract.Amount{Value: "10.50", Currency: "USD"}, "retryDelay": p.pause(),
	}
	variables, err := json.Marshal(start)
	if err != nil {
		return err
	}
	// An instance with an idempotency key can be looked up after its end too.
	created, err := p.engine.CreateOnce(ctx, &enginepb.CreateOnceRequest{
		TenantId: dev.PayerBank, Api: "scenario", IdempotencyKey: p.id, BodyHash: []byte{1},
		BpmnProcessId: flows.LocalTransfer, Version: -1, Variables: string(variables),
	})
	if err != nil {
		return err
	}
	p.instance = created.ProcessInstanceKey
	for _, step := range p.scenario.Steps {
		if err := p.step(ctx, strings.Fields(step)); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return p.end(ctx)
}

// pause is the first pause before an unknown outcome is asked for again, in seconds: long when a person is to decide
// during it.
func (p *play) pause() int {
	script := strings.Join(p.scenario.Steps, ",")
	if strings.Contains(script, "operator") && !strings.Contains(script, "advance") {
		return 60
	}
	return 1
}

func (p *play) step(ctx context.Context, words []string) error {
	switch words[0] {
	case "advance": // the next job is waited for
		return nil
	case "operator":
		variables, err := json.Marshal(contract.OperatorMessage{Operator: contract.OperatorDecision{
			Decision: contract.Decision(words[2]), Reason: "seen in the books", By: "ann",
		}})
		if err != nil {
			return err
		}
		_, err = p.gateway.PublishMessage(ctx, &gatewaypb.PublishMessageRequest{
			Name: contract.MessageOperatorDecision, CorrelationKey: contract.Key(p.id, contract.Operation(words[1])),
			Variables: string(variables), TimeToLive: 10_000,
		})
		return err
	default:
		return p.answer(ctx, words)
	}
}

// answer waits for the next job, which must be of the step's type, and answers it.
func (p *play) answer(ctx context.Context, words []string) error {
	from := fmt.Sprint(p.instance)
	if words[0] == "status" {
		from = p.id
	}
	var job *gatewaypb.ActivatedJob
	select {
	case job = <-p.inbox(from):
	case <-time.After(playLimit):
		return errors.New("the job did not come")
	}
	if job.Type != "ams."+words[0] {
		return fmt.Errorf("a job %s came", job.Type)
	}
	if err := p.note(ctx, job); err != nil || words[1] == "late" {
		return err
	}
	answer := contract.Answer[contract.LookupResult]{Result: contract.LookupResult{Result: contract.Result{Outcome: contract.Outcome(words[1])}}}
	if words[1] == "done" {
		answer.Result.Reference = "ref-" + words[0]
		if words[0] == "lookup" {
			answer.Result.Account = fmt.Sprintf("account-%d", len(p.jobs))
		}
	}
	if len(words) > 2 {
		answer.Result.Code = contract.Code(words[2])
	}
	variables, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	_, err = p.gateway.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: job.Key, Variables: string(variables)})
	return err
}

// note writes down a job as in the recordings, where every payment is t-1, and the payment's state by then.
func (p *play) note(ctx context.Context, job *gatewaypb.ActivatedJob) error {
	var variables contract.Request[json.RawMessage]
	if err := json.Unmarshal([]byte(job.Variables), &variables); err != nil {
		return err
	}
	var request bytes.Buffer
	if err := json.Compact(&request, variables.Request); err != nil {
		return err
	}
	p.jobs = append(p.jobs, job.Type+" "+strings.ReplaceAll(request.String(), `"`+p.id+":", `"t-1:`))
	_, err := p.look(ctx)
	return err
}

// look reads the payment as payhub's own service shows it.
func (p *play) look(ctx context.Context) (*enginepb.LookupResponse, error) {
	found, err := p.engine.Lookup(ctx, &enginepb.LookupRequest{
		By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: p.instance},
	})
	if err != nil {
		return nil, err
	}
	state := contract.PaymentState([]byte(found.Variables)).State
	if len(p.states) == 0 || p.states[len(p.states)-1] != state {
		p.states = append(p.states, state)
	}
	return found, nil
}

// end waits for the end of the payment, with no job left over.
func (p *play) end(ctx context.Context) error {
	for deadline := time.Now().Add(playLimit); ; time.Sleep(20 * time.Millisecond) {
		found, err := p.look(ctx)
		if err != nil {
			return err
		}
		if found.State == enginepb.InstanceState_INSTANCE_STATE_COMPLETED {
			return p.keep(found.Variables)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the payment is %s after the last step, in %v; jobs waiting: %d, %d",
				found.State, found.Incidents, len(p.inbox(fmt.Sprint(p.instance))), len(p.inbox(p.id)))
		}
	}
}

// keep notes the variables that the flow set: those of the start are the same each time.
func (p *play) keep(text string) error {
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return err
	}
	set := map[string]any{}
	for _, name := range []string{
		contract.VarPayerLookup, contract.VarPayeeLookup, contract.VarQuote, contract.VarHold, contract.VarCredit, contract.VarBook, contract.VarRelease,
	} {
		if value, ok := all[name]; ok {
			set[name] = value
		}
	}
	canonical, err := json.Marshal(set)
	p.variables = string(canonical)
	return err
}

// instanceRow is an instance as the operations API lists it.
type instanceRow struct {
	Key       int64  `json:"processInstanceKey,string"`
	Parent    int64  `json:"parentProcessInstanceKey,string"`
	ProcessID string `json:"processDefinitionId"`
	State     string
	Steps     []struct{ ElementID, Type, State string }
}

// instances lists all instances once the list shows so many payments as ended: it is a little behind.
func (s *stage) instances(t *testing.T, payments int) []instanceRow {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var list struct{ Items []instanceRow }
		s.p.Ask(http.MethodGet, "/api/v1/instances?limit=1000", "").JSON(t, &list)
		ended := 0
		for _, i := range list.Items {
			if i.ProcessID == flows.LocalTransfer && i.State == "COMPLETED" {
				ended++
			}
		}
		if ended == payments {
			return list.Items
		}
		if time.Now().After(deadline) {
			t.Errorf("the operations list shows %d of %d payments as completed", ended, payments)
			return list.Items
		}
	}
}

func (s *stage) instance(t *testing.T, key int64) (one instanceRow) {
	t.Helper()
	s.p.Ask(http.MethodGet, fmt.Sprint("/api/v1/instances/", key), "").JSON(t, &one)
	return one
}
