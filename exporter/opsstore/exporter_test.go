package opsstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/export"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/exporter/opsstore"
	"github.com/payhub/payhub/hub/ops"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stream writes records as the engine does, one after the other.
type stream struct {
	records []record.Record
	now     int64
}

func (s *stream) event(key int64, intent record.Intent, value record.Value) {
	r := record.Record{Position: 1, SourcePosition: -1, Key: key, Timestamp: s.now, ValueType: value.ValueType(), Intent: intent, Value: value}
	if n := len(s.records); n > 0 {
		last := &s.records[n-1]
		r.Position = last.Position + last.Span()
	}
	s.records = append(s.records, r)
	s.now++
}

func (s *stream) element(instance int64, id, elementType string, intent record.Intent) {
	key := instance
	if elementType != "PROCESS" {
		key += 1000
	}
	s.event(key, intent, &record.ProcessInstance{
		BpmnProcessID: "pay", Version: 3, ProcessDefinitionKey: 7, ProcessInstanceKey: instance, ElementID: id,
		BpmnElementType: elementType, ParentProcessInstanceKey: -1,
	})
}

func (s *stream) start(instance int64) {
	s.element(instance, "pay", "PROCESS", record.ElementActivating)
	s.element(instance, "pay", "PROCESS", record.ElementActivated)
}

func (s *stream) variables(instance int64, text string) {
	document, err := record.ParseDocument([]byte(text))
	if err != nil {
		panic(err)
	}
	s.event(-1, record.VariableCreated, &record.Variables{ScopeKey: instance, ProcessInstanceKey: instance, Document: document})
}

func (s *stream) job(key, instance int64, intent record.Intent, change func(*record.Job)) {
	j := &record.Job{Type: "hold", Retries: 3, Deadline: -1, ElementID: "task", BpmnProcessID: "pay", ProcessInstanceKey: instance}
	if change != nil {
		change(j)
	}
	s.event(key, intent, j)
}

func open(t rapid.TB, file string) *ops.Store {
	t.Helper()
	store, err := ops.Open(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// send sends records to a new exporter on the store, flushing after those that are named.
func send(t rapid.TB, store *ops.Store, records []record.Record, flushAfter func(i int) bool) {
	t.Helper()
	ctx := context.Background()
	e := opsstore.New(store)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(e.Configure(export.Context{ID: opsstore.ID, Partition: 1}))
	check(e.Open(ctx))
	for i := range records {
		if opsstore.Accept(&records[i]) {
			check(e.Export(ctx, &records[i]))
		}
		if flushAfter(i) {
			_, err := e.Flush(ctx)
			check(err)
		}
	}
	check(e.Close())
}

// content is all that lists show, as JSON.
func content(t rapid.TB, store *ops.Store) string {
	t.Helper()
	ctx, page := context.Background(), ops.Page{Limit: 1000}
	var all []any
	add := func(list any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list)
	}
	instances, err := store.Instances(ctx, ops.InstanceFilter{}, page)
	add(instances, err)
	for _, i := range instances.Items {
		add(store.Instance(ctx, i.Key))
	}
	add(store.Transfers(ctx, ops.TransferFilter{}, page))
	add(store.Jobs(ctx, "", page))
	add(store.Incidents(ctx, "", page))
	add(store.Messages(ctx, "", page))
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func atEnd(records []record.Record) func(int) bool {
	return func(i int) bool { return i == len(records)-1 }
}

func TestAPaymentIsListedWithItsStateAndSteps(t *testing.T) {
	s := &stream{now: 1000}
	s.start(5)
	s.variables(5, `{"transactionId":"t-1","tenantId":"greenbank","payeeTenantId":"bluebank","clientRefId":"c-1","other":true,
		"payer":{"partyIdType":"MSISDN","partyIdentifier":"27710101999"},"payee":{"partyIdType":"MSISDN","partyIdentifier":"27713803912"},
		"amount":{"amount":"10.50","currency":"USD"}}`)
	s.element(5, "task", "SERVICE_TASK", record.ElementActivated)
	s.job(9, 5, record.JobCreated, nil)
	s.job(9, 5, record.JobCompleted, nil)
	s.element(5, "task", "SERVICE_TASK", record.ElementCompleted)
	s.variables(5, `{"hold":{"outcome":"done"},"credit":{"outcome":"done"},"book":{"outcome":"done"}}`)
	s.element(5, "pay", "PROCESS", record.ElementCompleted)

	store := open(t, filepath.Join(t.TempDir(), "ops.db"))
	defer store.Close()
	send(t, store, s.records, atEnd(s.records))
	got, err := store.Transfer(context.Background(), "t-1")
	if err != nil {
		t.Fatal(err)
	}
	want := ops.Transfer{
		TransactionID: "t-1", InstanceKey: 5, ClientRef: "c-1", Tenant: "greenbank", PayeeTenant: "bluebank",
		Payer: "MSISDN:27710101999", Payee: "MSISDN:27713803912", Amount: "10.50", Currency: "USD", State: "COMMITTED",
		StartedAt: 1000, ChangedAt: 1008, EndedAt: 1008,
		Steps: []ops.Step{{ElementID: "task", Type: "SERVICE_TASK", State: "COMPLETED", EnteredAt: 1003, LeftAt: 1006}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	jobs, err := store.Jobs(context.Background(), "", ops.Page{})
	if err != nil || len(jobs.Items) != 0 {
		t.Errorf("open jobs: %v %v", jobs, err)
	}
}

func TestAFlowThatEndsTooEarlyLeavesAPaymentInDoubt(t *testing.T) {
	s := &stream{now: 1000}
	s.start(5)
	s.variables(5, `{"transactionId":"t-1","hold":{"outcome":"done"}}`)
	s.element(5, "pay", "PROCESS", record.ElementTerminated)
	store := open(t, filepath.Join(t.TempDir(), "ops.db"))
	defer store.Close()
	send(t, store, s.records, func(int) bool { return true })
	got, err := store.Transfer(context.Background(), "t-1")
	if err != nil || got.State != "IN_DOUBT" || got.Reason == "" {
		t.Errorf("%+v %v", got, err)
	}
}

// history draws what the engine could write: things come to be, change and end, each under a key
// of its own.
type history struct {
	stream
	t                                    *rapid.T
	last                                 int64
	instances, jobs, incidents, messages []int64
}

func (h *history) key(list *[]int64) int64 {
	h.last++
	*list = append(*list, h.last)
	return h.last
}

// any gives one of the list, and takes it out when it ends; 0 when there is none.
func (h *history) any(list *[]int64, ends bool) (key int64) {
	if len(*list) == 0 {
		return 0
	}
	i := rapid.IntRange(0, len(*list)-1).Draw(h.t, "which")
	key = (*list)[i]
	if ends {
		*list = append((*list)[:i:i], (*list)[i+1:]...)
	}
	return key
}

func (h *history) step() {
	what := rapid.IntRange(0, 8).Draw(h.t, "what")
	if rapid.Bool().Draw(h.t, "change") {
		what = rapid.IntRange(9, 12).Draw(h.t, "what")
	}
	instance := h.any(&h.instances, what == 1)
	if instance == 0 || what == 0 {
		key := h.key(&h.instances)
		h.start(key)
		if key%2 == 0 { // the others are no payments
			h.variables(key, fmt.Sprintf(`{"transactionId":"t-%d","amount":{"amount":"1.00","currency":"EUR"}}`, key))
		}
		return
	}
	switch what {
	case 1:
		h.element(instance, "pay", "PROCESS", record.ElementCompleted)
	case 2:
		h.variables(instance, `{"credit":{"outcome":"unknown"}}`)
	case 3:
		h.variables(instance, `{"hold":{"outcome":"done"},"unrelated":1}`)
	case 4:
		h.element(instance, "task", "SERVICE_TASK", record.ElementActivated)
	case 5:
		h.element(instance, "task", "SERVICE_TASK", record.ElementCompleted)
	case 6:
		h.job(h.key(&h.jobs), ownerOfJobs, record.JobCreated, nil)
	case 7:
		h.event(h.key(&h.incidents), record.IncidentCreated, &record.Incident{ErrorType: "JOB_NO_RETRIES", ProcessInstanceKey: instance, JobKey: -1})
	case 8:
		h.event(h.key(&h.messages), record.MessagePublished, &record.Message{Name: "m", TimeToLive: 5})
	default:
		h.change(what, instance)
	}
}

// ownerOfJobs is the instance of every job: which one it is does not matter here.
const ownerOfJobs = 1

// change changes something that is there already, if there is such a thing.
func (h *history) change(what int, instance int64) {
	switch {
	case what == 9 && len(h.jobs) > 0:
		h.job(h.any(&h.jobs, false), ownerOfJobs, record.JobFailed, func(j *record.Job) { j.ErrorMessage, j.Retries = "no", 1 })
		h.event(-1, record.JobBatchActivated, &record.JobBatch{Worker: "w", JobKeys: []int64{h.any(&h.jobs, false)}, Jobs: []record.Job{{
			Type: "hold", Retries: 3, Deadline: 99, ElementID: "task", BpmnProcessID: "pay", ProcessInstanceKey: ownerOfJobs,
		}}})
	case what == 10 && len(h.jobs) > 0:
		h.job(h.any(&h.jobs, true), ownerOfJobs, record.JobCompleted, nil)
	case what == 11 && len(h.incidents) > 0:
		h.event(h.any(&h.incidents, true), record.IncidentResolved, &record.Incident{ProcessInstanceKey: instance})
	case what == 12 && len(h.messages) > 0:
		h.event(h.any(&h.messages, true), record.MessageExpired, &record.Message{Name: "m", TimeToLive: 5})
	}
}

// draw writes a random history.
func draw(t *rapid.T) []record.Record {
	h := &history{stream: stream{now: 1000}, t: t}
	for range rapid.IntRange(1, 40).Draw(t, "events") {
		h.step()
	}
	return h.records
}

// TestFlushesAndRestartsChangeNothing: wherever the exporter flushes, and from wherever records
// come again after a restart, the store ends up as if there had been one flush per record.
func TestFlushesAndRestartsChangeNothing(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		records := draw(t)
		simple := open(t, filepath.Join(dir, fmt.Sprint(n, "-simple.db")))
		defer simple.Close()
		send(t, simple, records, func(int) bool { return true })

		tested := open(t, filepath.Join(dir, fmt.Sprint(n, "-tested.db")))
		defer tested.Close()
		for from := 0; from < len(records); {
			to := rapid.IntRange(from+1, len(records)).Draw(t, "to")
			flushes := rapid.SliceOfN(rapid.Bool(), to-from, to-from).Draw(t, "flushes")
			send(t, tested, records[from:to], func(i int) bool { return flushes[i] || to == len(records) && i == to-from-1 })
			if to == len(records) {
				break
			}
			// Everything from a point before the last flush comes again.
			for flushed := to - 1; ; flushed-- {
				if flushed < from || flushes[flushed-from] {
					from = rapid.IntRange(0, flushed+1).Draw(t, "from")
					break
				}
			}
		}
		if diff := cmp.Diff(content(t, simple), content(t, tested)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// BenchmarkOneTaskInstances projects instances with one job each, as the load generator makes
// them, a thousand to a flush. b.N counts instances.
func BenchmarkOneTaskInstances(b *testing.B) {
	store := open(b, filepath.Join(b.TempDir(), "ops.db"))
	defer store.Close()
	ctx := context.Background()
	e := opsstore.New(store)
	if err := e.Configure(export.Context{Partition: 1}); err != nil {
		b.Fatal(err)
	}
	b.Run("with their job between two flushes", func(b *testing.B) { project(ctx, b, e, 500) })
	b.Run("whole", func(b *testing.B) { project(ctx, b, e, 0) })
}

var nextKey, nextPosition int64 = 1, 1

// project exports b.N instances; each ends a number of instances after it started.
func project(ctx context.Context, b *testing.B, e *opsstore.Exporter, life int) {
	write := func(fill func(*stream)) {
		s := &stream{now: nextPosition}
		fill(s)
		for i := range s.records {
			r := &s.records[i]
			r.Position = nextPosition
			nextPosition += r.Span()
			if opsstore.Accept(r) {
				if err := e.Export(ctx, r); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	var waiting []int64
	for i := 0; i < b.N; i++ {
		key := nextKey
		nextKey++
		write(func(s *stream) {
			s.start(key)
			s.element(key, "start", "START_EVENT", record.ElementActivated)
			s.element(key, "start", "START_EVENT", record.ElementCompleted)
			s.element(key, "task", "SERVICE_TASK", record.ElementActivated)
			s.job(key+1<<40, key, record.JobCreated, nil)
		})
		if waiting = append(waiting, key); len(waiting) > life {
			done := waiting[0]
			waiting = waiting[1:]
			write(func(s *stream) {
				s.job(done+1<<40, done, record.JobCompleted, nil)
				s.element(done, "task", "SERVICE_TASK", record.ElementCompleted)
				s.element(done, "end", "END_EVENT", record.ElementActivated)
				s.element(done, "end", "END_EVENT", record.ElementCompleted)
				s.element(done, "pay", "PROCESS", record.ElementCompleted)
			})
		}
		if i%1000 == 999 {
			if _, err := e.Flush(ctx); err != nil {
				b.Fatal(err)
			}
		}
	}
	if _, err := e.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "instances/s")
}
