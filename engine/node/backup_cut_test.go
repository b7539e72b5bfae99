package node

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/record"
)

// waitingModel waits for the message "paid" of its id, then for a worker.
const waitingModel = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://payhub/test/node">
  <message id="m" name="paid"><extensionElements><zeebe:subscription correlationKey="=id"/></extensionElements></message>
  <process id="payment" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
    <intermediateCatchEvent id="wait"><messageEventDefinition id="d" messageRef="m"/></intermediateCatchEvent>
    <sequenceFlow id="f2" sourceRef="wait" targetRef="task"/>
    <serviceTask id="task"><extensionElements><zeebe:taskDefinition type="work"/></extensionElements></serviceTask>
    <sequenceFlow id="f3" sourceRef="task" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>`

// payments are instances that wait for messages, made under load; what was acknowledged is written down.
type payments struct {
	t *testing.T
	n *Node

	mu   sync.Mutex
	keys map[string]int64 // instance by correlation key
}

func newPayments(t *testing.T, n *Node) *payments {
	t.Helper()
	answer, err := n.Router().Submit(t.Context(), 1, record.NewCommand(-1, record.DeploymentCreate, &record.Deployment{
		Resources:     []record.DeploymentResource{{ResourceName: "payment.bpmn", Resource: []byte(waitingModel)}},
		DeploymentKey: -1, TenantID: record.DefaultTenant,
	}))
	if err != nil || answer.IsRejection() {
		t.Fatal(err, answer.RejectionReason)
	}
	return &payments{t: t, n: n, keys: map[string]int64{}}
}

// pay makes an instance on some partition and publishes its message, which usually belongs to another.
func (p *payments) pay(ctx context.Context, id string, partition int32) {
	variables, err := record.ParseDocument(fmt.Appendf(nil, `{"id": %q}`, id))
	if err != nil {
		p.t.Error(err)
		return
	}
	answer, err := p.n.Router().Submit(ctx, partition, record.NewCommand(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{
		BpmnProcessID: "payment", ProcessDefinitionKey: -1, Version: -1, TenantID: record.DefaultTenant, Variables: variables,
	}))
	if err != nil || answer.IsRejection() {
		return // not acknowledged: the deployment has not arrived yet
	}
	p.mu.Lock()
	p.keys[id] = answer.Value.(*record.ProcessInstanceCreation).ProcessInstanceKey
	p.mu.Unlock()
	publish(ctx, p.n, id) //nolint:errcheck // it is published again after the restore
}

// publish publishes the message of an id; a second time it is refused while the first is kept.
func publish(ctx context.Context, n *Node, id string) error {
	r := n.Router()
	answer, err := r.Submit(ctx, r.PartitionForCorrelationKey(id), record.NewCommand(-1, record.MessagePublish, &record.Message{
		Name: "paid", CorrelationKey: id, MessageID: id, TimeToLive: time.Hour.Milliseconds(), Deadline: -1, TenantID: record.DefaultTenant,
	}))
	if err == nil && answer.IsRejection() && answer.RejectionType != record.AlreadyExists {
		err = fmt.Errorf("%s", answer.RejectionReason)
	}
	return err
}

// acknowledged is a copy of what was acknowledged up to now.
func (p *payments) acknowledged() map[string]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	copied := map[string]int64{}
	for id, key := range p.keys {
		copied[id] = key
	}
	return copied
}

// await waits until n payments more are acknowledged.
func (p *payments) await(n int) {
	p.t.Helper()
	wanted := len(p.acknowledged()) + n
	for end := time.Now().Add(patience); len(p.acknowledged()) < wanted; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%d payments of %d were acknowledged", len(p.acknowledged()), wanted)
		}
	}
}

// load makes payments until stop is called.
func (p *payments) load(workers int) (stop func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p.pay(ctx, fmt.Sprintf("payment-%d-%d", worker, i), int32(1+(worker+i)%3))
			}
		})
	}
	return func() { cancel(); group.Wait() }
}

// holds checks a restored cluster: every payment in it reaches its job exactly once, those of before are in it, and
// none of after is.
func (p *payments) holds(n *Node, before, all map[string]int64) {
	p.t.Helper()
	var group sync.WaitGroup
	for id := range all {
		group.Go(func() {
			if err := publish(p.t.Context(), n, id); err != nil {
				p.t.Error(err)
			}
		})
	}
	group.Wait()
	found := map[int64]int{}
	for end := time.Now().Add(patience); time.Now().Before(end) && len(p.lack(n, all, found)) > 0; time.Sleep(100 * time.Millisecond) {
		for partition := int32(1); partition <= 3; partition++ {
			for key, count := range jobs(p.t.Context(), p.t, n, partition) {
				found[key] += count
			}
		}
	}
	if lost := p.lack(n, all, found); len(lost) > 0 {
		p.t.Errorf("%d instances of %d wait for ever, such as %v", len(lost), len(all), lost[0])
	}
	known := map[int64]bool{}
	for id, key := range all {
		known[key] = true
		if _, early := before[id]; early && found[key] == 0 {
			p.t.Errorf("%s was acknowledged before the backup and is not in it", id)
		}
	}
	for key, count := range found {
		if count != 1 || !known[key] {
			p.t.Errorf("instance %d has %d jobs, known %v", key, count, known[key])
		}
	}
	p.t.Logf("%d payments acknowledged before the backup, %d in it, %d at the end", len(before), len(found), len(all))
}

// lack lists the instances that are there and have had no job.
func (p *payments) lack(n *Node, all map[string]int64, found map[int64]int) (lost []int64) {
	for _, key := range all {
		if found[key] > 0 {
			continue
		}
		if _, err := n.Router().Lookup(p.t.Context(), record.PartitionOf(key), cluster.LookupRequest{ProcessInstanceKey: key}); err == nil {
			lost = append(lost, key)
		}
	}
	return lost
}

// A cluster of three nodes and three partitions is backed up while it works, and begins anew as one node and as
// three.
func TestABackupUnderLoadIsAConsistentCut(t *testing.T) {
	store := backup.Folder(filepath.Join(t.TempDir(), "store"))
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 3, change: func(c *Config) { c.Backups.Store = store }})
	p := newPayments(t, w.node(1))
	stop := p.load(4)
	var before []map[string]int64
	var ids []int64
	for range 2 { // several points in time
		p.await(40)
		before = append(before, nil)
		ids = append(ids, insist(t, w.node(2), func() { before[len(before)-1] = p.acknowledged() })) // any node will do
		p.await(20)
	}
	stop()
	all := p.acknowledged()
	w.stop(0, 1, 2)

	alonesData := filepath.Join(t.TempDir(), "alone")
	restore(t, store, ids[0], backup.Target{Data: alonesData, Size: 1, Factor: 1})
	n := alone(t, alonesData, 3, store)
	p.holds(n, before[0], all)
	close1(t, n)

	three := restoredWorld(t, store, ids[1], 3, nil)
	p.holds(three.node(0), before[1], all)
	if id := insist(t, three.node(1), func() {}); id <= ids[1] {
		t.Errorf("the restored cluster's own backup is %d", id)
	}
}

// insist makes backups until one is complete: on a machine that is short of time leaders change.
func insist(t *testing.T, n *Node, before func()) int64 {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		known, err := backup.IDs(t.Context(), n.Backups().config.Store)
		if err != nil {
			t.Fatal(err)
		}
		id := int64(1)
		if len(known) > 0 {
			id = known[len(known)-1] + 1
		}
		before()
		if err := n.Backups().Create(t.Context(), id); err != nil {
			t.Logf("backup %d: %v", id, err)
			continue
		}
		s := ended(t, n, id)
		if s.State == backup.Completed {
			return id
		}
		t.Logf("backup %d: %s", id, s.FailureReason)
	}
	t.Fatal("no backup is completed")
	return 0
}

// restoredWorld starts three nodes whose data folders were restored.
func restoredWorld(t *testing.T, store backup.Store, id int64, partitions int, zones []string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), size: 3, nodes: map[int32]*Node{}, fatal: map[int32]error{}, cancels: map[int32]context.CancelFunc{}}
	t.Cleanup(w.close)
	w.change = func(c *Config) {
		c.Cluster.Partitions, c.Cluster.Factor, c.Backups.Store = partitions, 3, store
		if zones != nil {
			c.Zone = zones[c.ID]
		}
	}
	for node := range int32(3) {
		restore(t, store, id, backup.Target{Data: w.data(node), Node: node, Size: 3, Factor: 3, Zones: zones})
	}
	w.start(0, 1, 2)
	w.waitFor("all partitions are led", w.ready)
	return w
}

// gate is a store that lets nothing but documents in until it is opened.
type gate struct {
	backup.Store
	open chan struct{}
}

func (g gate) Put(ctx context.Context, name string, content io.ReadSeeker, size int64) error {
	if filepath.Ext(name) != ".json" {
		select {
		case <-g.open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.Store.Put(ctx, name, content, size)
}

func TestABackupThatLosesANodeIsNeverComplete(t *testing.T) {
	store := gate{backup.Folder(filepath.Join(t.TempDir(), "store")), make(chan struct{})}
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 3, change: func(c *Config) { c.Backups.Store = store }})
	lost := w.leader(2)
	if err := lost.Backups().Create(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	w.waitFor("partition 2 is being copied", func() error {
		if !slices.Contains(lost.Backups().here().Copies, copying{5, 2}) {
			return fmt.Errorf("it is not")
		}
		return nil
	})
	s, err := w.running()[0].Backups().Status(t.Context(), 5)
	if err != nil || s.State != backup.InProgress {
		t.Errorf("while it is made: %+v, %v", s, err)
	}
	if err := lost.Backups().Delete(t.Context(), 5); err == nil {
		t.Error("a backup that is being made was deleted")
	}
	w.stop(lost.config.ID)
	close(store.open)
	n := w.running()[0]
	if s := ended(t, n, 5); s.State != backup.Failed && s.State != backup.Incomplete {
		t.Errorf("the backup is %+v", s)
	}
	if _, err := backup.Restore(t.Context(), store, 5, backup.Target{Data: t.TempDir(), Size: 1, Factor: 1}, 0); err == nil {
		t.Error("it was restored")
	}
	w.waitFor("others lead", w.ready)
	next := insist(t, n, func() {})
	if err := n.Backups().Delete(t.Context(), 5); err != nil {
		t.Error(err)
	}
	list, err := n.Backups().List(t.Context())
	if err != nil || len(list) == 0 || list[0].ID == 5 || list[len(list)-1].ID != next {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestPeriodicBackupsAreMadeAndExpire(t *testing.T) {
	store := backup.Folder(filepath.Join(t.TempDir(), "store"))
	n := alone(t, t.TempDir(), 1, store)
	defer close1(t, n)
	b := n.Backups()
	b.config.Interval, b.config.Retention = time.Hour, 150*time.Minute
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {30 * time.Minute, 1}, {61 * time.Minute, 2}, {3 * time.Hour, 2}} {
		if err := b.turn(t.Context(), now.Add(c.after)); err != nil {
			t.Fatal(err)
		}
		ids, err := backup.IDs(t.Context(), store)
		if err != nil || len(ids) != c.want {
			t.Errorf("after %v there are %v, %v; want %d", c.after, ids, err, c.want)
		}
		if s := ended(t, n, ids[len(ids)-1]); s.State != backup.Completed {
			t.Errorf("%+v", s)
		}
	}
}

func TestARestoredNodeRefusesOtherSettings(t *testing.T) {
	store := backup.Folder(filepath.Join(t.TempDir(), "store"))
	n := alone(t, t.TempDir(), 2, store)
	w := &world{t: t}
	w.deploy(n)
	backUp(t, n, 1)
	close1(t, n)
	data := filepath.Join(t.TempDir(), "data")
	restore(t, store, 1, backup.Target{Data: data, Size: 1, Factor: 1})
	for _, c := range []Config{
		{ID: 1, Cluster: Cluster{Size: 1, Partitions: 2, Factor: 1}},
		{Cluster: Cluster{Size: 1, Partitions: 3, Factor: 1}},
		{Cluster: Cluster{Size: 1, Partitions: 2, Factor: 1}, Zone: "south"},
	} {
		c.Data, c.Cluster.ID, c.MinFree, c.Logger = data, "test", 1<<20, w.logger(0)
		if n, err := Open(t.Context(), c); err == nil {
			t.Errorf("it started with %+v", c)
			close1(t, n)
		}
	}
	if _, err := os.Stat(filepath.Join(data, copyName)); err == nil {
		t.Error("a cluster was formed")
	}
}
