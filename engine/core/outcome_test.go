package core_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// cluster is a world with models deployed, for tests that say what happens where.
type cluster struct {
	*testing.T
	*world
}

func newCluster(t *testing.T, count int32, models ...string) *cluster {
	t.Helper()
	c := &cluster{t, newWorld(count, 1, faults{})}
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	for _, name := range models {
		c.deploy(name, read(t, filepath.Join(testdata, "models", name)))
	}
	return c
}

func (c *cluster) deploy(name, text string) *record.Deployment {
	c.Helper()
	answer := c.must(1, -1, record.DeploymentCreate, &record.Deployment{
		TenantID: record.DefaultTenant, Resources: []record.DeploymentResource{{ResourceName: name, Resource: []byte(text)}},
	})
	return answer.Value.(*record.Deployment)
}

// must sends a command and lets everything settle; it must be accepted.
func (c *cluster) must(partition int32, key int64, intent record.Intent, v record.Value) record.Record {
	c.Helper()
	answer, err := c.ask(partition, record.NewCommand(key, intent, v))
	if err != nil {
		c.Fatal(err)
	}
	if answer.IsRejection() {
		c.Fatalf("%s: %s", answer.RejectionType, answer.RejectionReason)
	}
	return answer
}

// begin has a partition decide about a command and leaves what follows under way.
func (c *cluster) begin(partition int32, key int64, intent record.Intent, v record.Value) (request uint64) {
	c.Helper()
	c.request++
	if _, err := c.decide(c.member(partition), core.Command{RequestID: c.request, Record: record.NewCommand(key, intent, v)}); err != nil {
		c.Fatal(err)
	}
	return c.request
}

func (c *cluster) come() {
	c.Helper()
	if err := c.settle(); err != nil {
		c.Fatal(err)
	}
}

func (c *cluster) create(partition int32, process, variables string) int64 {
	c.Helper()
	doc, err := record.ParseDocument([]byte(variables))
	if err != nil {
		c.Fatal(err)
	}
	answer := c.must(partition, -1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{
		BpmnProcessID: process, Version: -1, Variables: doc, TenantID: record.DefaultTenant,
	})
	return answer.Value.(*record.ProcessInstanceCreation).ProcessInstanceKey
}

// elsewhere are the partitions of three that are not this one.
func elsewhere(home int32) []int32 {
	return slices.DeleteFunc([]int32{1, 2, 3}, func(id int32) bool { return id == home })
}

func paid(ttl time.Duration) *record.Message {
	return &record.Message{
		Name: "paid", CorrelationKey: "o-1", TimeToLive: ttl.Milliseconds(), Deadline: -1, TenantID: record.DefaultTenant, WithOutcome: true,
	}
}

// given are the instances that got a variable of their own.
func (c *cluster) given(name string) (instances []int64) {
	for i := range c.records {
		r := &c.records[i]
		if r.Event("VARIABLE") && r.Text("name") == name && r.Int("scopeKey") == r.Int("processInstanceKey") {
			instances = append(instances, r.Int("processInstanceKey"))
		}
	}
	return instances
}

// The outcome of a message is what became of it at the partitions of the instances.
func TestTheOutcomeOfAMessageIsToldByTheInstances(t *testing.T) {
	const (
		nobody = "nobody takes it"
		first  = "the first takes it"
		second = "the second takes it"
	)
	for _, c := range []struct {
		what    string
		ttl     time.Duration
		waiting int  // how many instances wait
		cancel  bool // the first is cancelled while the message is on its way to it
		want    record.Intent
		who     string
	}{
		{"an instance elsewhere takes it", 0, 1, false, record.MessageOutcomeCorrelated, first},
		{"of two instances of a process the one with the lower key takes it, as on Zeebe", time.Hour, 2, false, record.MessageOutcomeCorrelated, first},
		{"nobody waits", 0, 0, false, record.MessageOutcomeNotCorrelated, nobody},
		{"nobody waits yet", time.Hour, 0, false, record.MessageOutcomeBuffered, nobody},
		{"it comes too late", 0, 1, true, record.MessageOutcomeNotCorrelated, nobody},
		{"it comes too late and is kept", time.Hour, 1, true, record.MessageOutcomeBuffered, nobody},
		{"it comes too late for the first", time.Hour, 2, true, record.MessageOutcomeCorrelated, second},
		{"it comes too late for the first and is not kept", 0, 2, true, record.MessageOutcomeCorrelated, second},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newCluster(t, 3, "message_catch.bpmn")
			home := record.PartitionForCorrelationKey("o-1", 3)
			var deployed []map[string]string
			for _, m := range w.members {
				deployed = append(deployed, rows(m.store))
			}
			var instances []int64
			for i := range c.waiting {
				instances = append(instances, w.create(elsewhere(home)[i], "message_catch", `{"orderId":"o-1"}`))
			}
			message := paid(c.ttl)
			message.Variables = creation(t, "", `{"amount":5}`).Variables
			request := w.begin(home, -1, record.MessagePublish, message)
			if _, told := w.answers[request]; told && c.waiting > 0 {
				t.Fatal("answered before the instance has confirmed")
			}
			if c.cancel {
				w.begin(record.PartitionOf(instances[0]), instances[0], record.ProcessInstanceCancel, &record.ProcessInstance{})
			}
			w.come()
			answer := w.answers[request]
			got := answer.Value.(*record.MessageOutcome).ProcessInstanceKeys
			var want []int64
			switch c.who {
			case first:
				want = instances[:1]
			case second:
				want = instances[1:2]
			}
			if answer.Intent != c.want || !slices.Equal(got, want) {
				t.Errorf("outcome %s by %v, want %s by %v", answer.IntentName(), got, record.MessageOutcomeValue.IntentName(c.want), want)
			}
			for i, key := range instances {
				ended := !w.member(record.PartitionOf(key)).core.Lookup(core.LookupRequest{ProcessInstanceKey: key}).Found
				if wantEnd := slices.Contains(want, key) || i == 0 && c.cancel; ended != wantEnd {
					t.Errorf("instance %d has ended: %t, want %t", i+1, ended, wantEnd)
				}
			}
			if got := w.given("amount"); !slices.Equal(got, want) {
				t.Errorf("its variables went to %v, want %v", got, want)
			}
			if err := w.ends(deployed, w.roots()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A change of leader at any partition while a message is on its way loses neither message nor outcome's truth.
func TestAMessageOnItsWaySurvivesEveryLeader(t *testing.T) {
	for round := range 6 {
		w := newCluster(t, 3, "message_catch.bpmn")
		home := record.PartitionForCorrelationKey("o-1", 3)
		key := w.create(home%3+1, "message_catch", `{"orderId":"o-1"}`)
		w.begin(home, -1, record.MessagePublish, paid(0))
		for range round {
			if _, err := w.round(); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range w.members {
			w.lead(m)
		}
		w.network = nil
		w.come()
		if w.member(record.PartitionOf(key)).core.Lookup(core.LookupRequest{ProcessInstanceKey: key}).Found {
			t.Errorf("after %d rounds: the instance still waits", round)
		}
	}
}

// A deployment is the same everywhere: keys, versions and what a message starts; timers start at partition 1 alone.
func TestADeploymentIsKnownEverywhere(t *testing.T) {
	w := newCluster(t, 3, "timer_start_duration.bpmn")
	deployed := w.deploy("message_start.bpmn", read(t, filepath.Join(testdata, "models", "message_start.bpmn"))).ProcessesMetadata[0]
	for id := int32(1); id <= 3; id++ {
		if !w.member(id).core.Knows(deployed.ProcessDefinitionKey) {
			t.Errorf("partition %d does not know the definition", id)
		}
	}
	w.deploy("message_start.bpmn", read(t, filepath.Join(testdata, "models", "message_start_v2.bpmn")))
	if err := w.Advance(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	starts := map[string]int{}
	for i, key := range []string{"a", "b", "c", "d", "e", "f"} {
		m := &record.Message{Name: "order", CorrelationKey: key, Deadline: -1, TenantID: record.DefaultTenant, WithOutcome: true}
		answer := w.must(record.PartitionForCorrelationKey(key, 3), -1, record.MessagePublish, m)
		v := answer.Value.(*record.MessageOutcome)
		if answer.Intent != record.MessageOutcomeStarted || len(v.ProcessInstanceKeys) != 1 {
			t.Fatalf("message %d: %s, %v", i, answer.IntentName(), v.ProcessInstanceKeys)
		}
		if record.PartitionOf(v.ProcessInstanceKeys[0]) != record.PartitionForCorrelationKey(key, 3) {
			t.Errorf("message %s started an instance elsewhere", key)
		}
	}
	for i := range w.records {
		r := &w.records[i]
		if r.Event("PROCESS_INSTANCE") && r.Intent == "ELEMENT_ACTIVATED" && r.Text("bpmnElementType") == "PROCESS" {
			starts[r.Text("bpmnProcessId")]++
			if r.Text("bpmnProcessId") == "message_start" && r.Int("version") != 2 {
				t.Errorf("an instance of version %d was started", r.Int("version"))
			}
		}
	}
	if starts["message_start"] != 6 || starts["timer_start_duration"] != 1 {
		t.Errorf("started: %v", starts)
	}
}
