package placement

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// written is the document as it lies in the log and in cluster.json: who changes it changes the
// format, or nodes of two versions misread each other.
const written = `{"format":1,"clusterId":"payments","version":3,"replicationFactor":1,` +
	`"members":[{"node":0,"generation":"g0","zone":"north"},{"node":1,"generation":"g1"}],` +
	`"partitions":[{"id":1,"replicas":[{"node":0,"generation":"g0","priority":1}]}],` +
	`"routedPartitions":1,"messagePartitions":1,` +
	`"change":{"id":2,"operations":[` +
	`{"operation":"PARTITION_JOIN","brokerId":1,"generation":"g1","partitionId":1,"priority":1},` +
	`{"operation":"PARTITION_LEAVE","brokerId":0,"generation":"g0","partitionId":1}],"done":0,"startedAt":1000},` +
	`"lastChange":{"id":1,"cancelled":true,"startedAt":10,"completedAt":20}}`

func TestTheDocumentAsItIsWritten(t *testing.T) {
	want := &Configuration{
		ClusterID: "payments", Version: 3, ReplicationFactor: 1,
		Members:          []Member{{Node: 0, Generation: "g0", Zone: "north"}, {Node: 1, Generation: "g1"}},
		Partitions:       []Partition{{ID: 1, Replicas: []Replica{{Node: 0, Generation: "g0", Priority: 1}}}},
		RoutedPartitions: 1, MessagePartitions: 1,
		Change: &Change{ID: 2, Started: 1000, Operations: []Operation{
			{Kind: PartitionJoin, Node: 1, Generation: "g1", Partition: 1, Priority: 1},
			{Kind: PartitionLeave, Node: 0, Generation: "g0", Partition: 1},
		}},
		LastChange: &Ended{ID: 1, Cancelled: true, Started: 10, Completed: 20},
	}
	if got := string(want.Encode()); got != written {
		t.Errorf("got\n%s\nwant\n%s", got, written)
	}
	got, err := Decode([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRefusedDocuments(t *testing.T) {
	replace := func(old, by string) string {
		if !strings.Contains(written, old) {
			t.Fatalf("%q is not in the document", old)
		}
		return strings.Replace(written, old, by, 1)
	}
	for _, c := range []struct{ document, want string }{
		{"", "configuration of the cluster: unexpected end of JSON input"},
		{"{}", "configuration of the cluster: format 0: there is none before 1"},
		{`{"format":1}`, "configuration of the cluster: version 0: the first is 1"},
		{written + "{}", "configuration of the cluster: invalid character '{' after top-level value"},
		{replace(`"format":1`, `"format":1,"new":true`), `configuration of the cluster: json: unknown field "new"`},
		{replace(`"id":1,"replicas"`, `"id":2,"replicas"`), "configuration of the cluster: partition 2 is where partition 1 belongs"},
		{replace(`{"node":1,"generation":"g1"}`, `{"node":0,"generation":"g1"}`), "configuration of the cluster: node 0 is there twice"},
		{replace(`[{"node":0,"generation":"g0","priority":1}]`, `[]`), "configuration of the cluster: partition 1: it has no replica"},
		{replace(`[{"node":0,"generation":"g0","priority":1}]`, `[{"node":5,"generation":"g0","priority":1}]`), "configuration of the cluster: partition 1: node 5 is not a member of the cluster"},
		{replace(`"priority":1}]`, `"priority":0}]`), `configuration of the cluster: partition 1: the replica on node 0 has generation "g0" and priority 0`},
		{replace(`"messagePartitions":1`, `"messagePartitions":2`), "configuration of the cluster: it routes to 1 partitions and messages to 2 of 1"},
		{replace(`"done":0`, `"done":2`), "configuration of the cluster: change 2: 2 of 2 operations are done"},
		{replace(`"done":0`, `"done":1`), "configuration of the cluster: change 2: operation 1: node 0 cannot leave partition 1: it has the only replica"},
		{replace("PARTITION_JOIN", "PARTITION_PAINT"), `configuration of the cluster: change 2: operation 0: "PARTITION_PAINT" is not an operation that this version knows`},
	} {
		if _, err := Decode([]byte(c.document)); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func TestADocumentOfANewerProgram(t *testing.T) {
	_, err := Decode([]byte(`{"format":2,"regions":["north"]}`))
	if !errors.Is(err, ErrNewerFormat) || err.Error() != "the cluster's configuration was written by a newer version: upgrade this node (format 2; this one reads up to 1)" {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode: whatever is read, it is an error, or a configuration that is written and read again as
// the same, whose change can be carried out to its end.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(written))
	f.Add([]byte(`{"format":1,"members":null}`))
	c, err := Form("c", inZones(2, 2), 3, 4)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Encode())
	for _, wish := range []Wish{Scale{Partitions: 5}, Renew{Node: 1, Generation: "x"}, Abandon{Zone: "A"}} {
		planned, err := Plan(c, wish, 1)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(planned.Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(c.Encode())
		if err != nil || !bytes.Equal(again.Encode(), c.Encode()) {
			t.Fatalf("read again: %v", err)
		}
		end, err := c.Expected()
		if err != nil {
			t.Fatal(err)
		}
		end.Leaders()
		if planned, err := Plan(end, Scale{}, 1); err == nil {
			if _, err := planned.Expected(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A plan for a large cluster takes no time that anyone notices.
func TestALargeCluster(t *testing.T) {
	c := form(t, nodes(50), 1000, 3)
	begin := time.Now()
	planned, err := Plan(c, Scale{Add: []Member{{Node: 50, Generation: "x"}}, Remove: []int32{7}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	t.Logf("50 nodes, 1000 partitions: %d operations, %d bytes, %v", len(planned.Change.Operations), len(planned.Encode()), took)
	after, err := planned.Expected()
	if err != nil {
		t.Fatal(err)
	}
	checkWhole(t, after)
	checkLevel(t, after)
}
