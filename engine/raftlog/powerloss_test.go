package raftlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

// TestPowerLossLosesNothingAcknowledged cuts the power of a whole partition (real core, log and state) under load, at a random
// operation of the log's disk, again and again. What was not synced is lost, kept or torn sector by sector; of the state what
// RocksDB had not written to its files is lost. After each start everything acknowledged must be there, once, and the committed
// log must go on as one chain where a reader outside had left it. RocksDB's own files are taken as it left them: it syncs them
// itself before they count.
//
// POWERLOSS_ROUNDS is how often (60), POWERLOSS_SEED repeats a run.
func TestPowerLossLosesNothingAcknowledged(t *testing.T) {
	rounds, seed := number(t, "POWERLOSS_ROUNDS", 60), number(t, "POWERLOSS_SEED", uint64(time.Now().UnixNano()))
	if testing.Short() {
		rounds = 20
	}
	t.Logf("POWERLOSS_ROUNDS=%d POWERLOSS_SEED=%d", rounds, seed)
	h := &house{t: t, data: t.TempDir(), dice: rand.New(rand.NewPCG(seed, 0)), disk: newFaultDisk(), hit: map[string]int{}, acked: map[string]int64{}, done: map[int64]bool{}}
	for range rounds {
		h.live(true)
	}
	h.live(false)
	t.Logf("%d creates and %d completed jobs acknowledged, %d entries in one chain; power was cut in %v; %d lives before they led", len(h.acked), len(h.done), h.chain.entries, h.hit, h.stillborn)
	if len(h.acked) < int(rounds) {
		t.Errorf("only %d creates were acknowledged in %d rounds", len(h.acked), rounds)
	}
}

func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	must(t, err)
	return n
}

// house is what outlives the lives of a partition: its folder and disk, and what the world knows.
type house struct {
	t         *testing.T
	data      string
	dice      *rand.Rand
	disk      *faultDisk
	hit       map[string]int
	stillborn int

	mu    sync.Mutex
	acked map[string]int64 // idempotency key → instance that was answered
	tried []string         // keys that were sent, acknowledged or not
	done  map[int64]bool   // instances whose job's completion was acknowledged
	chain chain
}

// chain is the committed log as a reader outside has seen it.
type chain struct {
	next     uint64 // index to read
	entries  int
	hash     [record.HashSize]byte
	position int64
	created  map[string]int64 // by the events in the log
}

// life is one run of the partition.
type life struct {
	*partition.Partition
	node    *Node
	replica *Replica
}

// live runs the partition until its power is cut, or, without a cut, once more to the end of all checks.
func (h *house) live(cut bool) {
	p := &power{faultDisk: h.disk, dice: rand.New(rand.NewPCG(h.dice.Uint64(), 1)), off: make(chan struct{})}
	if cut {
		p.left = 1 + h.dice.IntN(400)
	}
	l, err := h.open(p)
	if err == nil {
		err = h.use(l, p, cut)
	}
	lost := p.after != nil
	if lost {
		h.saveState()
		h.hit[p.at]++
		h.disk = p.after
	}
	l.close()
	if lost {
		h.restoreState()
	} else if err != nil || cut {
		h.t.Fatalf("with the power on: %v", err)
	}
}

// open starts the node; while the power fails meanwhile there is an error, and what is open is in the life.
func (h *house) open(p *power) (l *life, err error) {
	l = &life{}
	if l.node, err = OpenNode(h.data, NodeOptions{SegmentBytes: 64 << 10, Files: p}); err != nil {
		return l, err
	}
	quick := func(most int) time.Duration { return time.Duration(1+h.dice.IntN(most)) * time.Millisecond }
	l.replica, err = l.node.OpenReplica(ReplicaConfig{
		Partition: 1, SnapshotInterval: quick(60),
		Storage: storage.Options{FlushInterval: quick(20), DurableInterval: quick(100), Ordered: state.Ordered},
	})
	if err != nil {
		return l, err
	}
	l.Partition = partition.Open(partition.Config{
		ID: 1, Log: l.replica, Reading: l.replica.Store().RLocker(), Logger: slog.New(slog.DiscardHandler),
		NewMachine: func() partition.Machine { return core.New(1, 1, l.replica.Store(), core.Limits{}) },
	})
	for end := time.Now().Add(20 * time.Second); !l.Leads(); time.Sleep(time.Millisecond) {
		select {
		case <-p.off:
			h.stillborn++
			return l, errPower
		default:
		}
		if time.Now().After(end) {
			return l, errors.New("no leader within 20 s")
		}
	}
	return l, nil
}

func (l *life) close() {
	if l.Partition != nil {
		l.Partition.Close()
	}
	if l.replica != nil {
		_ = l.replica.Close() // without power there is nothing to save
	}
	if l.node != nil {
		_ = l.node.Close()
	}
}

// use checks what was acknowledged in earlier lives and puts load on the partition until the power is cut.
func (h *house) use(l *life, p *power, cut bool) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	reads := make(chan error, 1)
	all.Go(func() { reads <- h.follow(ctx, l) })
	if err := h.verify(ctx, l, !cut); err != nil {
		return h.judged(p, err)
	}
	if !cut {
		return h.judged(p, h.settled(ctx, l, cancel, reads))
	}
	if err := h.deploy(ctx, l); err != nil {
		return h.judged(p, err)
	}
	errs := make(chan error, 4)
	for id := range 4 {
		dice := rand.New(rand.NewPCG(h.dice.Uint64(), uint64(id)))
		all.Go(func() { errs <- h.work(ctx, l, dice) })
	}
	var err error
	for range 4 {
		err = errors.Join(err, h.judged(p, <-errs))
	}
	cancel()
	return errors.Join(err, h.judged(p, <-reads))
}

// judged lets errors pass that a power cut explains; what a checker found fails the test.
func (h *house) judged(p *power, err error) error {
	var w *wrong
	if errors.As(err, &w) {
		h.t.Fatal(err)
	}
	select {
	case <-p.off:
		return nil
	default:
		return err
	}
}

// wrong is a broken promise.
type wrong struct{ what string }

func (w *wrong) Error() string { return w.what }

func broken(format string, args ...any) error { return &wrong{fmt.Sprintf(format, args...)} }

const powerlossModel = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:process id="payment" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>`

func (h *house) deploy(ctx context.Context, l *life) error {
	_, err := l.Submit(ctx, record.NewCommand(-1, record.DeploymentCreate, &record.Deployment{
		Resources: []record.DeploymentResource{{ResourceName: "payment.bpmn", Resource: []byte(powerlossModel)}}, TenantID: record.DefaultTenant,
	}))
	return err
}

// work creates instances and completes jobs until an error comes: the power's.
func (h *house) work(ctx context.Context, l *life, dice *rand.Rand) error {
	for {
		if err := h.create(ctx, l, h.newKey(), dice.IntN(2000)); err != nil {
			return err
		}
		switch dice.IntN(3) {
		case 0:
			if err := h.completeJobs(ctx, l); err != nil {
				return err
			}
		case 1:
			if key := h.oldKey(dice); key != "" {
				if err := h.create(ctx, l, key, 0); err != nil {
					return err
				}
			}
		}
	}
}

func (h *house) newKey() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := fmt.Sprintf("key-%d", len(h.tried))
	h.tried = append(h.tried, key)
	return key
}

func (h *house) oldKey(dice *rand.Rand) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tried[dice.IntN(len(h.tried))]
}

// create starts an instance once and notes the answer, which must be the one of before.
func (h *house) create(ctx context.Context, l *life, key string, weight int) error {
	variables, err := record.ParseDocument(fmt.Appendf(nil, `{"weight":%q}`, strings.Repeat("w", weight)))
	if err != nil {
		return err
	}
	answer, err := l.Submit(ctx, record.NewCommand(-1, record.CreatedOnceCreate, &record.CreatedOnce{
		TenantID: "greenbank", API: "transfer", IdempotencyKey: key, BodyHash: []byte(key), BpmnProcessID: "payment", Version: -1, Variables: variables,
	}))
	if err != nil {
		return err
	}
	if answer.IsRejection() {
		return broken("create %s is refused: %s", key, answer.RejectionReason)
	}
	instance := answer.Value.(*record.CreatedOnce).ProcessInstanceKey
	h.mu.Lock()
	defer h.mu.Unlock()
	if first, known := h.acked[key]; known && first != instance {
		return broken("create %s was answered %d and now %d", key, first, instance)
	}
	h.acked[key] = instance
	return nil
}

// completeJobs takes some jobs and completes them.
func (h *house) completeJobs(ctx context.Context, l *life) error {
	answer, err := l.Submit(ctx, record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
		Type: "work", Worker: "w", Timeout: 20, MaxJobsToActivate: 3, TenantIDs: []string{record.DefaultTenant},
	}))
	if err != nil {
		return err
	}
	batch := answer.Value.(*record.JobBatch)
	for i, key := range batch.JobKeys {
		answer, err := l.Submit(ctx, record.NewCommand(key, record.JobComplete, &record.Job{}))
		if err != nil {
			return err
		}
		if answer.IsRejection() {
			continue // its lease ran out, and somebody else completed it
		}
		h.mu.Lock()
		h.done[batch.Jobs[i].ProcessInstanceKey] = true
		h.mu.Unlock()
	}
	return nil
}

// verify proves that what was acknowledged is there: a part of it while lives go on, all at the end.
func (h *house) verify(ctx context.Context, l *life, everything bool) error {
	h.mu.Lock()
	acked := make(map[string]int64, len(h.acked))
	for i, key := range h.tried {
		if instance, known := h.acked[key]; known && (everything || i >= len(h.tried)-60 || h.dice.IntN(20) == 0) {
			acked[key] = instance
		}
	}
	h.mu.Unlock()
	for key, instance := range acked {
		found, err := l.Lookup(ctx, partition.LookupRequest{TenantID: "greenbank", API: "transfer", IdempotencyKey: key})
		switch {
		case err != nil:
			return err
		case !found.Found:
			return broken("create %s was acknowledged with %d and is gone", key, instance)
		case found.ProcessInstanceKey != instance:
			return broken("create %s was acknowledged with %d and is %d", key, instance, found.ProcessInstanceKey)
		case h.done[instance] && found.State != record.InstanceCompleted:
			return broken("the job of %s was acknowledged as completed, and the instance is %s", key, found.State)
		}
	}
	return nil
}

// follow reads the committed log from where the last life's reader was, as exporters do: what it has seen must be continued.
func (h *house) follow(ctx context.Context, l *life) error {
	c := &h.chain
	if c.created == nil {
		c.created = map[string]int64{}
	}
	for {
		next, err := l.replica.Read(ctx, c.next, c.link)
		c.next = next
		if err != nil {
			return err
		}
		if err := l.replica.SetExportLimit(next - 1); err != nil {
			return err
		}
		if err := l.replica.Wait(ctx, next); err != nil {
			return err
		}
	}
}

// link takes the next entry of the chain.
func (c *chain) link(index uint64, entry []byte) error {
	b, err := record.DecodeBatch(entry)
	if err != nil {
		return broken("entry %d cannot be read: %v", index, err)
	}
	if c.entries > 0 && b.Previous != c.hash {
		return broken("entry %d does not continue the batch before it", index)
	}
	c.hash = b.Hash
	c.entries++
	for i := range b.Records {
		r := &b.Records[i]
		if c.position > 0 && r.Position != c.position+1 {
			return broken("entry %d: position %d follows %d", index, r.Position, c.position)
		}
		c.position = r.Position
		if v, ok := r.Value.(*record.CreatedOnce); ok && r.Type == record.Event && r.Intent == record.CreatedOnceCreated {
			if first, known := c.created[v.IdempotencyKey]; known {
				return broken("%s was created twice: %d and %d", v.IdempotencyKey, first, v.ProcessInstanceKey)
			}
			c.created[v.IdempotencyKey] = v.ProcessInstanceKey
		}
	}
	return nil
}

// settled waits until the reader is at the end and compares what the log says with what was answered.
func (h *house) settled(ctx context.Context, l *life, cancel func(), reads chan error) error {
	if err := h.deploy(ctx, l); err != nil {
		return err
	}
	end := l.replica.Store().AppliedIndex()
	for l.replica.view.keptUpTo() < end {
		select {
		case err := <-reads:
			return err
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-reads; !errors.Is(err, context.Canceled) {
		return err
	}
	for key, instance := range h.acked {
		if h.chain.created[key] != instance {
			return broken("create %s was acknowledged with %d, the log says %d", key, instance, h.chain.created[key])
		}
	}
	return nil
}

// keptUpTo is the export limit.
func (v *PartitionLog) keptUpTo() uint64 {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	return v.keep
}
