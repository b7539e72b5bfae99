package workload

import (
	"container/heap"
	"math"
	"math/rand/v2"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/delivery"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/state"
)

// perfect is a World in which nothing fails: the real cores of all partitions on one machine that never stops, with mail
// between them. It is what a workload is tried on by itself.
type perfect struct {
	now        int64
	queue      moments
	number     int
	rng        *rand.Rand
	partitions []*member
	client     Client
	judge      *check.Judge
	requests   uint64
	turn       int32
	crew       []*crewed
}

// member is a partition.
type member struct {
	w       *perfect
	id      int32
	store   *state.Memory
	core    *core.Core
	courier *delivery.Courier
	inbox   []core.Command
	answers map[uint64]func(record.Record)
	index   uint64
	planned int64 // a turn is planned for then; 0 is none
	pushed  map[uint64]int
	hungry  map[string]bool // job types of which jobs may wait for a worker
}

// crewed is a worker's credit.
type crewed struct {
	jobType string
	lease   int64
	credit  int
}

type moment struct {
	at int64
	n  int
	do func()
}

type moments []moment

func (m moments) Len() int { return len(m) }
func (m moments) Less(i, j int) bool {
	return m[i].at < m[j].at || m[i].at == m[j].at && m[i].n < m[j].n
}
func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)   { *m = append(*m, x.(moment)) }
func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

const epoch = 1_800_000_000_000

func newPerfect(seed uint64, partitions int32, judge *check.Judge) *perfect {
	w := &perfect{now: epoch, rng: rand.New(rand.NewPCG(seed, 1)), judge: judge}
	for id := int32(1); id <= partitions; id++ {
		store := state.NewMemory()
		m := &member{w: w, id: id, store: store, core: core.New(id, partitions, store, core.Limits{}), courier: delivery.New(id), answers: map[uint64]func(record.Record){}, hungry: map[string]bool{}}
		w.partitions = append(w.partitions, m)
	}
	judge.Begin(1, partitions, w.now)
	for id := int32(1); id <= partitions; id++ {
		judge.Led(w.now, 0, id, 1, true)
	}
	return w
}

// run lets a client do its work for duration ms and heals, and ends when it is idle or after settling ms more.
func (w *perfect) run(client Client, duration, settling int64) {
	w.client = client
	client.Start(w)
	var tick func()
	tick = func() {
		client.Tick(w.now)
		w.After(100, tick)
	}
	w.After(100, tick)
	healed := false
	for w.queue.Len() > 0 {
		next := heap.Pop(&w.queue).(moment)
		w.now = next.at
		next.do()
		if !healed && w.now >= epoch+duration {
			healed = true
			client.Heal()
		}
		if healed && (client.Idle() && !w.mailWaits() || w.now > epoch+duration+settling) {
			break
		}
	}
	for _, m := range w.partitions {
		var rows check.RowSum
		m.store.Scan(nil, []byte{255}, func(k, v []byte) bool { rows.Add(k, v); return true })
		w.judge.Compared(w.now, 0, m.id, m.index, rows.Sum())
	}
	w.judge.End(w.now, client.Unfinished())
}

func (w *perfect) mailWaits() bool {
	for _, m := range w.partitions {
		if m.courier.Waiting() > 0 {
			return true
		}
	}
	return false
}

func (w *perfect) Now() int64        { return w.now }
func (w *perfect) Rand() *rand.Rand  { return w.rng }
func (w *perfect) Partitions() int32 { return int32(len(w.partitions)) }
func (w *perfect) Gateways() int     { return 3 }

func (w *perfect) PartitionForCorrelationKey(key string) int32 {
	return record.PartitionForCorrelationKey(key, w.Partitions())
}

func (w *perfect) NextCreatePartition(int) int32 {
	w.turn++
	return w.turn%w.Partitions() + 1
}

func (w *perfect) After(delay int64, do func()) {
	w.number++
	heap.Push(&w.queue, moment{w.now + delay, w.number, do})
}

func (w *perfect) Submit(gateway int, partition int32, command record.Record) uint64 {
	w.requests++
	id := w.requests
	w.judge.Invoked(w.now, id, gateway, partition, &command)
	w.partitions[partition-1].take(id, command, func(answer record.Record) {
		w.After(1, func() {
			w.judge.Answered(w.now, id, &answer, nil)
			w.client.Answer(id, answer, nil)
		})
	})
	return id
}

func (w *perfect) Lookup(_ int, partition int32, r check.LookupRequest) uint64 {
	w.requests++
	id, invoked := w.requests, w.now
	w.After(1, func() {
		found := w.partitions[partition-1].core.Lookup(core.LookupRequest{
			ProcessInstanceKey: r.ProcessInstanceKey, TenantID: r.TenantID, API: r.API, IdempotencyKey: r.IdempotencyKey,
		})
		f := check.Found{Found: found.Found, ProcessInstanceKey: found.ProcessInstanceKey, State: found.State, Variables: found.Variables, Incidents: len(found.Incidents)}
		w.judge.LookedUp(invoked, w.now, partition, r, f)
		w.client.Found(id, f, nil)
	})
	return id
}

func (w *perfect) Work(worker, _ int, jobType string, lease int64, capacity int) {
	if worker != len(w.crew) {
		panic("workers come in order")
	}
	w.crew = append(w.crew, &crewed{jobType, lease, capacity})
}

func (w *perfect) Done(worker int, _ int64) {
	w.crew[worker].credit++
	for _, m := range w.partitions {
		if m.hungry[w.crew[worker].jobType] {
			m.plan(1)
		}
	}
}

// take puts a command into the next decision.
func (m *member) take(id uint64, command record.Record, then func(record.Record)) {
	m.answers[id] = then
	m.inbox = append(m.inbox, core.Command{RequestID: id, Record: command})
	m.plan(1)
}

// plan has the partition decide after some time, at the latest.
func (m *member) plan(delay int64) {
	at := m.w.now + delay
	if m.planned != 0 && m.planned <= at {
		return
	}
	m.planned = at
	m.w.After(delay, func() {
		if m.planned == at {
			m.planned = 0
			m.decide()
		}
	})
}

// Acquire implements core.Streams.
func (m *member) Acquire(jobType, _ string) (core.StreamTarget, bool) {
	for i, c := range m.w.crew {
		if c.jobType == jobType && c.credit-m.pushed[uint64(i)] > 0 {
			m.pushed[uint64(i)]++
			return core.StreamTarget{Stream: uint64(i) + 1, Worker: jobType, Timeout: c.lease}, true
		}
	}
	m.hungry[jobType] = true
	return core.StreamTarget{}, false
}

// decide takes what is there, and what waits for workers.
func (m *member) decide() {
	for i, c := range m.w.crew {
		if c.credit > 0 && m.hungry[c.jobType] {
			delete(m.hungry, c.jobType)
			m.inbox = append(m.inbox, core.Command{Record: record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
				Type: c.jobType, Worker: c.jobType, Timeout: c.lease, MaxJobsToActivate: int32(c.credit), TenantIDs: []string{record.DefaultTenant}, Stream: uint64(i) + 1,
			})})
		}
	}
	m.pushed = map[uint64]int{}
	out := m.core.Decide(core.Input{Now: m.w.now, Seed: m.w.rng.Uint64(), Commands: m.inbox, Streams: m})
	m.inbox = nil
	if out.Batch != nil {
		m.commit(out.Batch)
	}
	for _, response := range out.Responses {
		then := m.answers[response.RequestID]
		delete(m.answers, response.RequestID)
		then(response.Record)
	}
	for i := range out.Pushes {
		push := &out.Pushes[i]
		m.w.crew[push.Stream-1].credit--
		m.w.After(1, func() {
			m.w.judge.Pushed(m.w.now, int(push.Stream)-1, m.id, push.Key, &push.Job)
			m.w.client.Job(int(push.Stream)-1, push.Key, &push.Job)
		})
	}
	m.courier.Sent(out.Sends)
	m.carry()
	if due, next := m.core.Due(m.w.now); due {
		m.plan(1)
	} else if next < math.MaxInt64 {
		m.plan(max(1, next-m.w.now))
	}
}

// commit makes a batch part of the log, as bytes, and of the state.
func (m *member) commit(batch *record.Batch) {
	bytes := batch.Append(nil)
	decoded, err := record.DecodeBatch(bytes)
	if err != nil {
		panic(err)
	}
	m.index++
	m.w.judge.Committed(m.w.now, &check.Entry{
		Partition: m.id, Index: m.index, Term: 1, Decided: 1, Bytes: bytes, Batch: decoded, Clock: m.w.now, Real: m.w.now,
	})
	m.store.Apply(batch.AppliedRows())
	m.w.judge.Applied(m.w.now, 0, m.id, m.index, decoded.Hash)
	for i := range decoded.Records {
		m.w.judge.Exported(m.w.now, m.id, "file", &decoded.Records[i])
	}
	m.core.Committed(batch)
}

// carry moves mail.
func (m *member) carry() {
	for _, parcel := range m.courier.Next(m.w.now) {
		m.w.requests++
		id := m.w.requests
		m.w.After(2, func() {
			m.w.partitions[parcel.To-1].take(id, record.NewCommand(-1, record.DeliveryReceive, parcel.Delivery), func(answer record.Record) {
				m.courier.Delivered(parcel.To, answer.Value.(*record.Delivery), m.w.now)
				for _, c := range m.courier.Acknowledge(math.MaxInt64) {
					m.inbox = append(m.inbox, core.Command{Record: c})
				}
				m.plan(1)
			})
		})
	}
}
