package partition_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

// whole is a partition with the real core, log and state.
type whole struct {
	*partition.Partition
	node    *raftlog.Node
	replica *raftlog.Replica
}

func start(t testing.TB, data string) *whole {
	t.Helper()
	w := &whole{}
	var err error
	w.node, err = raftlog.OpenNode(data, raftlog.NodeOptions{SegmentBytes: 8 << 20, Fatal: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	w.replica, err = w.node.OpenReplica(raftlog.ReplicaConfig{Partition: 1, Storage: storage.Options{Ordered: state.Ordered}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.replica.SetExportLimit(math.MaxUint64); err != nil {
		t.Fatal(err)
	}
	w.Partition = partition.Open(partition.Config{
		ID: 1, Log: w.replica, Reading: w.replica.Store().RLocker(),
		NewMachine: func() partition.Machine { return core.New(1, 1, w.replica.Store(), core.Limits{}) },
	})
	for end := time.Now().Add(10 * time.Second); !w.Leads(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no leader within 10 s")
		}
	}
	return w
}

func (w *whole) stop(t testing.TB) {
	t.Helper()
	w.Partition.Close()
	if err := w.replica.Close(); err != nil {
		t.Error(err)
	}
	if err := w.node.Close(); err != nil {
		t.Error(err)
	}
}

func (w *whole) do(t testing.TB, key int64, intent record.Intent, v record.Value) record.Record {
	t.Helper()
	answer, err := w.Submit(context.Background(), record.NewCommand(key, intent, v))
	if err != nil {
		t.Fatal(err)
	}
	if answer.IsRejection() {
		t.Fatal(answer.RejectionReason)
	}
	return answer
}

const oneTask = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="benchmark" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>`

func (w *whole) deploy(t testing.TB) {
	w.do(t, -1, record.DeploymentCreate, &record.Deployment{
		Resources: []record.DeploymentResource{{ResourceName: "a.bpmn", Resource: []byte(oneTask)}}, TenantID: record.DefaultTenant,
	})
}

func (w *whole) create(t testing.TB, variables record.Document) {
	w.do(t, -1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{
		BpmnProcessID: "benchmark", Version: -1, Variables: variables, TenantID: record.DefaultTenant,
	})
}

// picture is everything a node knows: each row of a table that can be scanned, the hash of the last
// batch, and the hash that the next batch would continue.
func (w *whole) picture(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	err := w.Query(context.Background(), func(m partition.Machine) {
		store := w.replica.Store()
		for table := range 256 {
			if !state.Ordered(byte(table)) {
				continue
			}
			store.Scan([]byte{byte(table)}, []byte{byte(table + 1)}, func(k, v []byte) bool {
				fmt.Fprintf(&b, "%x=%x\n", k, v)
				return true
			})
		}
		hash, _ := store.Get([]byte(record.HashRowKey))
		core := m.(*core.Core).Hash()
		fmt.Fprintf(&b, "hash %x, core %s", hash, hex.EncodeToString(core[:]))
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestARestartedNodeKnowsWhatTheRunningOneKnew compares a node with what a copy of its folder comes
// to, taken while it ran, as kill -9 would leave it; and checks that batches still form one chain.
func TestARestartedNodeKnowsWhatTheRunningOneKnew(t *testing.T) {
	data := t.TempDir()
	w := start(t, data)
	defer w.stop(t)
	w.deploy(t)
	for i := range 30 {
		w.create(t, nil)
		if i == 10 {
			if err := w.replica.Snapshot(); err != nil {
				t.Fatal(err)
			}
		}
		if i%10 != 5 {
			continue
		}
		before := w.picture(t)
		killed := filepath.Join(t.TempDir(), "killed")
		if err := os.CopyFS(killed, os.DirFS(data)); err != nil {
			t.Fatal(err)
		}
		again := start(t, killed)
		if after := again.picture(t); after != before {
			t.Fatalf("after a restart:\n%s\nbefore:\n%s", after, before)
		}
		again.create(t, nil)
		again.stop(t)
	}
	var previous [record.HashSize]byte
	checked := 0
	_, err := w.replica.Read(context.Background(), 0, func(index uint64, entry []byte) error {
		b, err := record.DecodeBatch(entry)
		if err != nil {
			return err
		}
		if checked > 0 && b.Previous != previous {
			return fmt.Errorf("entry %d does not continue the one before it", index)
		}
		previous = b.Hash
		checked++
		return nil
	})
	if _, truncated := err.(*raftlog.TruncatedError); err != nil && !truncated {
		t.Fatal(err)
	}
}

// BenchmarkOneTask runs one-task instances with Zeebe's payload size through core, log, fsync and
// state: each of the workers creates one, receives its job and completes it.
func BenchmarkOneTask(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"businessKey":"1"`)
	for i := range 29 {
		fmt.Fprintf(&text, `,"var%d":"value %d of thirty"`, i, i)
	}
	variables, err := record.ParseDocument([]byte(text.String() + "}"))
	if err != nil {
		b.Fatal(err)
	}
	for _, workers := range []int{1, 128} {
		b.Run(fmt.Sprintf("%d in flight", workers), func(b *testing.B) {
			w := start(b, b.TempDir())
			defer w.stop(b)
			w.deploy(b)
			stream, err := w.OpenStream(partition.StreamRequest{Type: "work", Worker: "w", Timeout: 60_000})
			if err != nil {
				b.Fatal(err)
			}
			stream.Grant(workers)
			b.ResetTimer()
			var all sync.WaitGroup
			for i := range workers {
				all.Go(func() {
					for n := i; n < b.N; n += workers {
						w.create(b, variables)
						job, err := stream.Recv(context.Background())
						if err != nil {
							b.Error(err)
							return
						}
						w.do(b, job.Key, record.JobComplete, &record.Job{Variables: variables})
						stream.Grant(1)
					}
				})
			}
			all.Wait()
			b.StopTimer()
			s := w.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "instances/s")
			b.ReportMetric(float64(s.Commands)/float64(s.Batches), "commands/entry")
			b.ReportMetric(float64(s.Bytes)/float64(b.N), "logbytes/instance")
		})
	}
}

// BenchmarkWaiting creates instances that wait at their task, then stops and starts again: memory
// of the process, and the time until the partition leads again.
func BenchmarkWaiting(b *testing.B) {
	data := b.TempDir()
	w := start(b, data)
	w.deploy(b)
	variables, err := record.ParseDocument([]byte(`{"amount":"10.50","currency":"USD"}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range 256 {
		all.Go(func() {
			for n := i; n < b.N; n += 256 {
				w.create(b, variables)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "instances/s")
	b.ReportMetric(residentMB(b), "MB_resident")
	killed := filepath.Join(b.TempDir(), "killed")
	if err := os.CopyFS(killed, os.DirFS(data)); err != nil {
		b.Log("no copy of a running node:", err)
	} else {
		began := time.Now()
		again := start(b, killed)
		b.ReportMetric(time.Since(began).Seconds(), "s_restart_after_kill")
		again.stop(b)
	}
	w.stop(b)
	began := time.Now()
	w = start(b, data)
	b.ReportMetric(time.Since(began).Seconds(), "s_restart")
	w.stop(b)
}

// residentMB is the process's resident memory.
func residentMB(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("no /proc on this system:", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return float64(resident*int64(os.Getpagesize())) / (1 << 20)
}
