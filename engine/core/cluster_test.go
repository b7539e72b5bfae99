package core_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// answered sends a command and says what its sender gets, in a word.
func (c *cluster) answered(partition int32, intent record.Intent, v record.Value) string {
	c.Helper()
	answer, err := c.ask(partition, record.NewCommand(-1, intent, v))
	if err != nil {
		c.Fatal(err)
	}
	if answer.IsRejection() {
		return answer.RejectionType.String()
	}
	return answer.IntentName()
}

func TestTheConfigurationIsARegister(t *testing.T) {
	w := newCluster(t, 2)
	for _, c := range []struct {
		partition int32
		version   int64
		document  string
		want      string
		then      string
	}{
		{1, 0, "a", "INVALID_STATE", "0 "},
		{1, 2, "a", "INVALID_STATE", "0 "},
		{1, 1, "a", "UPDATED", "1 a"},
		{1, 1, "b", "INVALID_STATE", "1 a"},
		{2, 2, "b", "INVALID_ARGUMENT", "1 a"},
		{1, 2, "b", "UPDATED", "2 b"},
	} {
		got := w.answered(c.partition, record.ClusterConfigurationUpdate, &record.ClusterConfiguration{Version: c.version, Document: []byte(c.document)})
		w.lead(w.member(1))
		version, document := w.member(1).core.Configuration()
		if then := fmt.Sprintf("%d %s", version, document); got != c.want || then != c.then {
			t.Errorf("version %d at partition %d: %s, then %s; want %s, then %s", c.version, c.partition, got, then, c.want, c.then)
		}
	}
}

func TestPartitionsAreAddedAndNeverRemoved(t *testing.T) {
	w := newCluster(t, 2)
	for _, c := range []struct {
		partition      int32
		update         record.Routing
		want           string
		partitions, of int32 // 0: not known
	}{
		{1, record.Routing{Partitions: 1}, "INVALID_STATE", 0, 0},
		{1, record.Routing{Partitions: 2}, "UPDATED", 0, 0},
		{1, record.Routing{Partitions: 1 << 13}, "INVALID_ARGUMENT", 0, 0},
		{2, record.Routing{Partitions: 3}, "INVALID_ARGUMENT", 0, 0},
		{1, record.Routing{Partitions: 3, MessagePartitions: 3}, "INVALID_STATE", 0, 0},
	} {
		got := w.answered(c.partition, record.RoutingUpdate, &c.update)
		routing, _ := w.member(1).core.Routing()
		if got != c.want || routing.Partitions != c.partitions || routing.MessagePartitions != c.of {
			t.Errorf("%+v at partition %d: %s, then %+v", c.update, c.partition, got, routing)
		}
	}
}

// A partition that is added gets to know every version of every process, however many decisions that takes, also while
// others are deployed; keys of messages stay where they were.
func TestAPartitionThatIsAddedKnowsEverything(t *testing.T) {
	for _, limits := range []core.Limits{{}, {MaxRecords: 1}} {
		w := newCluster(t, 2, "message_start.bpmn", "service_task.bpmn", "timer_start_duration.bpmn")
		w.deploy("message_start.bpmn", read(t, filepath.Join(testdata, "models", "message_start_v2.bpmn")))
		w.limits = limits
		w.lead(w.member(1))
		w.add()
		w.begin(1, -1, record.RoutingUpdate, &record.Routing{Partitions: 3})
		for _, name := range []string{"message_catch.bpmn", "message_start.bpmn", "service_task.bpmn"} {
			text := strings.ReplaceAll(read(t, filepath.Join(testdata, "models", name)), `"work"`, `"other"`)
			w.begin(1, -1, record.DeploymentCreate, &record.Deployment{
				TenantID: record.DefaultTenant, Resources: []record.DeploymentResource{{ResourceName: name, Resource: []byte(text)}},
			})
		}
		if got := w.answered(1, record.RoutingUpdate, &record.Routing{Partitions: 3}); got != "UPDATED" {
			t.Errorf("the same again: %s", got)
		}
		if got, want := w.member(3).core.Definitions(), w.member(1).core.Definitions(); !slices.Equal(got, want) || len(got) != 7 {
			t.Fatalf("limits %+v: partition 3 knows %v, partition 1 %v", limits, got, want)
		}
		created := w.must(3, -1, record.ProcessInstanceCreationCreate, creation(t, "service_task", "{}"))
		if version := created.Value.(*record.ProcessInstanceCreation).Version; version != 2 {
			t.Errorf("limits %+v: partition 3 takes version %d of service_task for the latest", limits, version)
		}
		latest := state.NewView(w.member(3).store, state.NewDefinitions()).LatestDefinition(record.DefaultTenant, "message_start")
		if latest.Version != 3 {
			t.Errorf("limits %+v: partition 3 takes version %d of message_start for the latest", limits, latest.Version)
		}
		if starts := w.starts(3); !slices.Equal(starts, []int64{3}) {
			t.Errorf("limits %+v: at partition 3 a message starts versions %v", limits, starts)
		}
		key := w.create(3, "message_catch", `{"orderId":"o-1"}`)
		w.must(record.PartitionForCorrelationKey("o-1", 2), -1, record.MessagePublish, paid(0))
		if w.member(3).core.Lookup(core.LookupRequest{ProcessInstanceKey: key}).Found {
			t.Error("the instance at the new partition still waits for its message")
		}
		var distributed []string
		for _, r := range w.records {
			if r.Event("COMMAND_DISTRIBUTION") {
				distributed = append(distributed, fmt.Sprintf("%s %d", r.Intent, r.Int("partitionId")))
			}
		}
		if n := strings.Count(strings.Join(distributed, ","), "ACKNOWLEDGED 3"); n != 7 {
			t.Errorf("%d deployments were acknowledged by partition 3: %v", n, distributed)
		}
	}
}

// starts are the versions of message_start that a message starts at a partition.
func (c *cluster) starts(partition int32) (versions []int64) {
	view := state.NewView(c.member(partition).store, state.NewDefinitions())
	view.MessageStarts(record.DefaultTenant, "order", func(s *state.MessageStart) bool {
		versions = append(versions, int64(view.Definition(s.ProcessDefinitionKey).Version))
		return true
	})
	return versions
}

// add adds an empty partition to the world. Messages are still hashed over those that were there before.
func (c *cluster) add() {
	m := &member{id: int32(len(c.members)) + 1, store: newStore(nil)}
	c.members = append(c.members, m)
	c.lead(m)
}
