package ops_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/hub/ops"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// filled opens a store with three payments; the second one waits at an incident.
func filled(t *testing.T) *ops.Store {
	t.Helper()
	file := filepath.Join(t.TempDir(), "with space?", "ops.db")
	store, err := ops.Open(context.Background(), file)
	if err == nil {
		t.Fatal("a store in a folder that does not exist was opened")
	}
	file = filepath.Join(t.TempDir(), "o?ps #1.db")
	store, err = ops.Open(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := ops.NewChanges(1)
	c.Progress = ops.Progress{Position: 30, Timestamp: 3000}
	for key := int64(1); key <= 3; key++ {
		c.Instances[key] = &ops.InstanceChange{
			New:   &ops.Instance{ProcessID: "pay", Version: 1, StartedAt: 1000 * key},
			Steps: ops.AppendStep(nil, ops.Entered, 1000*key, "task", "SERVICE_TASK"),
		}
		c.Payments[key] = &ops.PaymentChange{ChangedAt: 1000 * key, Facts: map[string]json.RawMessage{
			"transactionId": json.RawMessage(`"t-` + string(rune('0'+key)) + `"`), "tenantId": json.RawMessage(`"greenbank"`),
		}}
	}
	c.Payments[3].Facts["tenantId"] = json.RawMessage(`"bluebank"`)
	c.Payments[3].Facts["payer"] = json.RawMessage(`"not a party"`)
	c.Incidents[9] = &ops.Incident{InstanceKey: 2, ErrorType: "IO_MAPPING_ERROR", CreatedAt: 2500}
	c.Jobs[8] = &ops.Job{InstanceKey: 1, Type: "hold", CreatedAt: 1500}
	c.Messages[7] = &ops.Message{Name: "m", PublishedAt: 1700}
	if err := store.Apply(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return store
}

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestListsOverHTTP(t *testing.T) {
	h := filled(t).Handler()
	for _, c := range []struct {
		path, name, want string
		code             int
	}{
		{"/api/v1/transfers", "transactionId", "t-3 t-2 t-1", 200},
		{"/api/v1/transfers?tenant=greenbank", "transactionId", "t-2 t-1", 200},
		{"/api/v1/transfers?state=COMMITTED", "transactionId", "", 200},
		{"/api/v1/transfers?state=DONE", "", "a payment's state is one of", 400},
		{"/api/v1/transfers?status=COMMITTED", "", `there is no parameter \"status\"`, 400},
		{"/api/v1/transfers?limit=0", "", "must be a number from 1 to 1000", 400},
		{"/api/v1/transfers?after=xyz", "", "no cursor of a page", 400},
		{"/api/v1/transfers/t-9", "", "there is no /api/v1/transfers/t-9", 404},
		{"/api/v1/instances?state=ACTIVE", "processInstanceKey", "3 2 1", 200},
		{"/api/v1/instances?state=INCIDENT", "processInstanceKey", "2", 200},
		{"/api/v1/instances?state=COMPLETED", "processInstanceKey", "", 200},
		{"/api/v1/instances?processDefinitionId=other", "processInstanceKey", "", 200},
		{"/api/v1/instances/x", "", "is no key of an instance", 400},
		{"/api/v1/instances/99", "", "there is no", 404},
		{"/api/v1/jobs?type=hold", "jobKey", "8", 200},
		{"/api/v1/incidents?state=OPEN", "incidentKey", "9", 200},
		{"/api/v1/incidents?state=RESOLVED", "incidentKey", "", 200},
		{"/api/v1/messages", "messageKey", "7", 200},
	} {
		code, body := get(t, h, c.path)
		if code != c.code {
			t.Errorf("%s: %d %s", c.path, code, body)
			continue
		}
		if code != 200 {
			if !strings.Contains(body, c.want) {
				t.Errorf("%s: %s does not contain %s", c.path, body, c.want)
			}
			continue
		}
		var list struct{ Items []map[string]any }
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range list.Items {
			got = append(got, item[c.name].(string))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", c.path, diff)
		}
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	store := filled(t)
	_, body := get(t, store.Handler(), "/api/v1/instances/2")
	var got ops.Instance
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	want, err := store.Instance(context.Background(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || !got.HasIncident {
		t.Errorf("%s%+v", diff, got)
	}
}

func TestPagesFollowEachOtherWithoutGapOrRepeat(t *testing.T) {
	store := filled(t)
	var got []string
	for page := (ops.Page{Limit: 2}); ; {
		list, err := store.Transfers(context.Background(), ops.TransferFilter{}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list.Items {
			got = append(got, i.TransactionID)
		}
		got = append(got, "|")
		if page.After = list.Next; list.Next == "" {
			break
		}
	}
	if diff := cmp.Diff("t-3 t-2 | t-1 |", strings.Join(got, " ")); diff != "" {
		t.Error(diff)
	}
}

func TestOnePaymentHasItsSteps(t *testing.T) {
	got, err := filled(t).Transfer(context.Background(), "t-2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ops.Step{{ElementID: "task", Type: "SERVICE_TASK", State: "ACTIVE", EnteredAt: 2000}}, got.Steps); diff != "" {
		t.Error(diff)
	}
	if got.State != "RECEIVED" || got.StartedAt != 2000 {
		t.Errorf("%+v", got)
	}
}

func TestEachPositionCountsOnce(t *testing.T) {
	store := filled(t)
	c := ops.NewChanges(1)
	c.Progress.Position = 29
	if err := store.Apply(context.Background(), c); err == nil {
		t.Error("records before those in the store were taken")
	}
	c.Progress.Position = 30
	c.Jobs[8] = nil
	if err := store.Apply(context.Background(), c); err != nil {
		t.Errorf("a second try of what was committed: %v", err)
	}
	jobs, err := store.Jobs(context.Background(), "", ops.Page{})
	if err != nil || len(jobs.Items) != 1 {
		t.Errorf("the second try changed something: %v %v", jobs, err)
	}
}

func TestAStoreIsReopenedWithWhatItHolds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ops.db")
	for want := range int64(3) {
		store, err := ops.Open(context.Background(), file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := store.Progress(context.Background(), 1)
		if err != nil || p.Position != want {
			t.Errorf("position %d, want %d (%v)", p.Position, want, err)
		}
		c := ops.NewChanges(1)
		c.Progress.Position = want + 1
		if err := store.Apply(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		store.Close()
	}
}
