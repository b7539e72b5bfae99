package actuator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/node"
)

// fake is a cluster of three nodes that plans as placement does and remembers what it was asked.
type fake struct {
	now   *placement.Configuration
	asked []any
	err   error
	ready error
}

func newFake(t *testing.T) *fake {
	t.Helper()
	members := []placement.Member{{Node: 0, Generation: "g0"}, {Node: 1, Generation: "g1"}, {Node: 2, Generation: "g2"}}
	c, err := placement.Form("test", members, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	return &fake{now: c}
}

func (f *fake) ask(what any) error { f.asked = append(f.asked, what); return f.err }

func (f *fake) Status(context.Context) (node.Status, error) {
	return node.Status{Configuration: f.now, Progress: &node.Progress{Behind: 12}, Coordinator: "0-g0", Seen: []string{"0-g0", "1-g1"}}, f.err
}

func (f *fake) Change(_ context.Context, wish node.Wish, dryRun bool) (node.Planned, error) {
	if err := f.ask(wish); err != nil {
		return node.Planned{}, err
	}
	scale := wish.Scale
	if scale == nil {
		scale = &node.Scale{ReplicationFactor: 3}
	}
	w := placement.Scale{Remove: scale.Remove, Partitions: scale.Partitions, ReplicationFactor: scale.ReplicationFactor}
	for _, id := range scale.Add {
		w.Add = append(w.Add, placement.Member{Node: id, Generation: "new"})
	}
	next, err := placement.Plan(f.now, w, 1000)
	if err != nil {
		return node.Planned{}, &node.RefusedError{Fault: node.FaultInvalid, Text: err.Error()}
	}
	p := node.Planned{Now: f.now, Next: next}
	if !dryRun {
		f.now = next
	}
	return p, nil
}

func (f *fake) Cancel(_ context.Context, id int64) (node.Planned, error) {
	if err := f.ask(id); err != nil {
		return node.Planned{}, err
	}
	next, err := f.now.Cancel(2000)
	return node.Planned{Now: f.now, Next: next}, err
}

func (f *fake) Recover(_ context.Context, loss node.Loss, _ bool) (node.Recovery, error) {
	return node.Recovery{Now: f.now, Next: f.now, Alone: map[int32]string{1: "0-g0"}}, f.ask(loss)
}

func (f *fake) RebalanceAll(context.Context) error { return f.ask("rebalance") }

func (f *fake) PartitionStatuses() []node.PartitionStatus {
	return []node.PartitionStatus{{ID: 1, Leads: true, Applied: 9, LastIndex: 9, Term: 2}, {ID: 2, ProcessingPaused: true, Failure: "the disk failed"}}
}

func (f *fake) PauseProcessing(paused bool) error {
	return f.ask(map[string]bool{"processing": paused})
}

func (f *fake) PauseExporting(paused bool) error { return f.ask(map[string]bool{"exporting": paused}) }

func (f *fake) PauseExportingEverywhere(_ context.Context, paused bool) error {
	return f.ask(map[string]bool{"everywhere": paused})
}

func (f *fake) TakeSnapshots() error { return f.ask("snapshot") }

func (f *fake) ExporterIDs() []string { return []string{"kafka"} }

func (f *fake) Ready() error { return f.ready }

// serve makes the handler over a fake; nil: the engine has not started.
func serve(f *fake) http.Handler {
	return New(Config{
		Cluster: func() Cluster {
			if f == nil {
				return nil
			}
			return f
		},
		NotReady: func() []string { return nil },
		Metrics:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("metrics 1\n")) }), //nolint:errcheck // a test's
	})
}

func call(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestRequestsAreAskedOfTheClusterAsTheySay(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
		asked              any
		want               string // in the answer
	}{
		{"GET", "/actuator/cluster", "", 200, nil, `"brokers":[{"id":0,"state":"ACTIVE","version":1,"partitions":[{"id":1,"state":"ACTIVE","priority":2}]`},
		{"GET", "/actuator/cluster", "", 200, nil, `"coordinator":"0-g0"`},
		{"PATCH", "/actuator/cluster?dryRun", `{"brokers":{"add":[3]}}`, 202, node.Wish{Scale: &node.Scale{Add: []int32{3}}}, `"operation":"BROKER_ADD","brokerId":3`},
		{
			"PATCH", "/actuator/cluster", `{"brokers":{"add":[3],"remove":[0]},"partitions":{"count":4,"replicationFactor":3}}`, 202,
			node.Wish{Scale: &node.Scale{Add: []int32{3}, Remove: []int32{0}, Partitions: 4, ReplicationFactor: 3}},
			`"changeId":2`,
		},
		{"PATCH", "/actuator/cluster?force=true", `{"brokers":{"remove":[2]}}`, 202, node.Loss{Nodes: []int32{2}}, `"alone":{"1":"0-g0"}`},
		{"POST", "/actuator/cluster/brokers?replicationFactor=3", `[0,1,5]`, 202, node.Wish{Scale: &node.Scale{Add: []int32{5}, Remove: []int32{2}, ReplicationFactor: 3}}, "plannedChanges"},
		{"POST", "/actuator/cluster/brokers?force", `[0,1]`, 202, node.Loss{Nodes: []int32{2}}, "expectedTopology"},
		{"POST", "/actuator/cluster/brokers/3", "", 202, node.Wish{Scale: &node.Scale{Add: []int32{3}}}, "currentTopology"},
		{"DELETE", "/actuator/cluster/brokers/2", "", 202, node.Wish{Scale: &node.Scale{Remove: []int32{2}}}, "BROKER_REMOVE"},
		{"POST", "/actuator/cluster/brokers/2/partitions/1", "", 202, node.Wish{Join: &node.Replica{Partition: 1, Node: 2}}, "plannedChanges"},
		{"DELETE", "/actuator/cluster/brokers/2/partitions/1", "", 202, node.Wish{Leave: &node.Replica{Partition: 1, Node: 2}}, "plannedChanges"},
		{"POST", "/actuator/cluster/move", `{"partition":1,"from":0,"to":2}`, 202, node.Wish{Move: &node.Move{Partition: 1, From: 0, To: 2}}, "plannedChanges"},
		{"POST", "/actuator/cluster/replace", `{"node":1,"by":4}`, 202, node.Wish{Replace: &node.Replace{Node: 1, By: 4}}, "plannedChanges"},
		{"POST", "/actuator/cluster/recover?dryRun", `{"lostZone":"b"}`, 202, node.Loss{Zone: "b"}, `"abandoned"`},
		{"POST", "/actuator/rebalance", "", 200, "rebalance", ""},
		{"GET", "/actuator/partitions", "", 200, nil, `"1":{"role":"LEADER","streamProcessorPhase":"PROCESSING","exporterPhase":"EXPORTING","processedPosition":9`},
		{"POST", "/actuator/partitions/pauseProcessing", "", 200, map[string]bool{"processing": true}, `"streamProcessorPhase":"PAUSED"`},
		{"POST", "/actuator/partitions/resumeProcessing", "", 200, map[string]bool{"processing": false}, "LEADER"},
		{"POST", "/actuator/partitions/pauseExporting", "", 200, map[string]bool{"exporting": true}, "LEADER"},
		{"POST", "/actuator/partitions/resumeExporting", "", 200, map[string]bool{"exporting": false}, "LEADER"},
		{"POST", "/actuator/partitions/takeSnapshot", "", 200, "snapshot", "LEADER"},
		{"POST", "/actuator/exporting/pause", "", 204, map[string]bool{"everywhere": true}, ""},
		{"POST", "/actuator/exporting/resume", "", 204, map[string]bool{"everywhere": false}, ""},
		{"GET", "/actuator/exporters", "", 200, nil, `[{"exporterId":"kafka","status":"ENABLED"}]`},
		{"GET", "/actuator/prometheus", "", 200, nil, "metrics 1"},
		{"GET", "/actuator/health/liveness", "", 200, nil, `"status":"UP"`},
		{"GET", "/actuator/health/readiness", "", 200, nil, `"status":"UP"`},
		{"GET", "/actuator/health", "", 503, nil, `"2":{"status":"DOWN","details":"the disk failed"}`},
	} {
		f := newFake(t)
		w := call(serve(f), c.method, c.path, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.method, c.path, w.Code, w.Body, c.status, c.want)
		}
		if c.asked != nil && (len(f.asked) != 1 || !reflect.DeepEqual(f.asked[0], c.asked)) {
			t.Errorf("%s %s asked for %+v, want %+v", c.method, c.path, f.asked, c.asked)
		}
	}
}

func TestWhatCannotBeDoneIsAProblem(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		err                error
		status             int
		want               string
	}{
		{"PUT", "/actuator/cluster", "", nil, 405, "PUT (use GET or PATCH)"},
		{"GET", "/actuator/rebalance", "", nil, 405, "use POST"},
		{"POST", "/actuator/health", "", nil, 405, "use GET or HEAD"},
		{"GET", "/actuator/nothing", "", nil, 404, "there are /actuator/cluster, "},
		{"GET", "/actuator", "", nil, 404, "/actuator/rebalance"},
		{"GET", "/actuator/health/x", "", nil, 404, "the groups are liveness"},
		{"POST", "/actuator/partitions/x", "", nil, 404, "there are pauseProcessing"},
		{"POST", "/actuator/exporting/x", "", nil, 404, "pause and resume"},
		{"GET", "/actuator/cluster/changes/7", "", nil, 404, "change 7 is neither under way nor the last one"},
		{"PATCH", "/actuator/cluster", `{"brokers":{"ad":[3]}}`, nil, 400, `unknown field \"ad\"`},
		{"PATCH", "/actuator/cluster", `{`, nil, 400, "not what was expected"},
		{"PATCH", "/actuator/cluster?dryRun=perhaps", `{}`, nil, 400, "dryRun=perhaps: it is true or false"},
		{"PATCH", "/actuator/cluster?force", `{"brokers":{"add":[1]}}`, nil, 400, "force only removes"},
		{"PATCH", "/actuator/cluster", `{"partitions":{"count":1}}`, nil, 400, "fewer than the 2 there are"},
		{"POST", "/actuator/cluster/brokers", "", nil, 400, "lists all brokers"},
		{"POST", "/actuator/cluster/brokers/x", "", nil, 400, "no number of a broker"},
		{"POST", "/actuator/cluster/brokers/1/partitions/1", `{"priority":3}`, nil, 400, "priority"},
		{"DELETE", "/actuator/cluster/changes/x", "", nil, 400, "no number of a change"},
		{"PATCH", "/actuator/cluster", `{}`, &node.RefusedError{Fault: node.FaultConflict, Text: "a change is under way"}, 409, "a change is under way"},
		{"POST", "/actuator/cluster/recover", `{"lostZone":"b"}`, &node.RefusedError{Fault: node.FaultUnavailable, Text: "node 1 does not answer"}, 502, "node 1 does not answer"},
		{"GET", "/actuator/cluster", "", errors.New("broken"), 500, "broken"},
		{"POST", "/actuator/exporting/pause?soft=true", "", nil, 501, "soft pause"},
		{"POST", "/actuator/exporters/kafka/disable", "", nil, 501, "setting exporters"},
		{"GET", "/actuator/jobstreams/remote", "", nil, 501, "not available"},
	} {
		f := newFake(t)
		f.err = c.err
		w := call(serve(f), c.method, c.path, c.body)
		var document struct {
			Status   int
			Title    string
			Detail   string
			Instance string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %s %s: %v", c.method, c.path, w.Header().Get("Content-Type"), w.Body, err)
		}
		if w.Code != c.status || document.Status != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.method, c.path, w.Code, w.Body, c.status, c.want)
		}
	}
	if w := call(serve(nil), "GET", "/actuator/cluster", ""); w.Code != 503 {
		t.Errorf("before the engine has started: %d %s", w.Code, w.Body)
	}
}

func TestAChangeIsShownWhileItIsUnderWayAndAfterwards(t *testing.T) {
	f := newFake(t)
	h := serve(f)
	call(h, "PATCH", "/actuator/cluster", `{"partitions":{"replicationFactor":3}}`)
	for _, c := range []struct{ path, want string }{
		{"/actuator/cluster", `"pendingChange":{"id":2,"status":"IN_PROGRESS","startedAt":"1970-01-01T00:00:01Z","completed":[],"pending":[{"operation":"PARTITION_JOIN"`},
		{"/actuator/cluster", `{"id":1,"state":"JOINING","priority":`},
		{"/actuator/cluster/changes", `"entriesBehind":12`},
		{"/actuator/cluster/changes/2", `"status":"IN_PROGRESS"`},
	} {
		if w := call(h, "GET", c.path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s, want %s", c.path, w.Code, w.Body, c.want)
		}
	}
	if w := call(h, "DELETE", "/actuator/cluster/changes/2", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"lastChange":{"id":2,"status":"CANCELLED"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
