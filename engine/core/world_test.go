package core_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/delivery"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// world is a cluster of partitions whose mail goes through real couriers and a network that may lose, repeat and
// reorder it, and whose leaders may change. It is a coretest.Backend: scenarios run on it as on one partition.
type world struct {
	count   int32
	faults  faults
	limits  core.Limits
	hasty   int // after how many rounds at most a caller goes on once it has its answer; 0: when everything has settled
	cut     int // after how many commands some partition takes checkpoint 1; 0: never
	random  *rand.Rand
	members []*member
	network []*letter
	spread  int32 // where the next instance is created
	now     int64 // the engine's time
	clock   int64 // the couriers' time, so that waiting for a back-off does not make timers due
	request uint64
	answers map[uint64]record.Record
	records []coretest.Record
	refused []string // commands of other partitions that were rejected
}

// faults are the chances, in percent, of what can happen to a parcel or an answer, and of a change of leader per round.
type faults struct{ lose, repeat, crash int }

// member is one partition: what its log has, and its leader.
type member struct {
	id      int32
	store   *state.Memory
	core    *core.Core
	courier *delivery.Courier
	log     [][]byte
	term    int
	kept    map[string]string // the state at the checkpoint, nil before
}

// letter is a parcel on its way, or the answer to one.
type letter struct {
	from, to int32
	term     int // of the sender's courier that waits for the answer
	request  *record.Delivery
	answer   *record.Delivery
}

func newWorld(count int32, seed uint64, f faults) *world {
	return &world{count: count, faults: f, random: rand.New(rand.NewPCG(seed, 1))}
}

func (w *world) Reset() error {
	w.members, w.network, w.records, w.now, w.answers = nil, nil, nil, start, map[uint64]record.Record{}
	for id := int32(1); id <= w.count; id++ {
		m := &member{id: id, store: state.NewMemory()}
		w.members = append(w.members, m)
		w.lead(m)
	}
	return w.settle()
}

// lead makes a new leader of a partition, which starts from what the log has.
func (w *world) lead(m *member) {
	m.term++
	m.core = core.New(m.id, w.count, m.store, w.limits)
	m.courier = delivery.New(m.id)
	var outbox []record.Send
	m.core.Outbox(func(_ int32, s *record.Send) bool {
		outbox = append(outbox, *s)
		return true
	})
	m.courier.Load(outbox)
	if w.random.IntN(2) == 0 { // an outbox that is loaded comes in chunks of committed sends as well
		m.courier.Sent(nil)
	}
}

func (w *world) member(id int32) *member { return w.members[id-1] }

func (w *world) chance(percent int) bool { return percent > 0 && w.random.IntN(100) < percent }

// decide has a partition decide and commits.
func (w *world) decide(m *member, commands ...core.Command) (core.Output, error) {
	out := m.core.Decide(core.Input{Now: w.now, Seed: uint64(len(m.log)) + 1, Commands: commands})
	if out.Batch == nil {
		return out, nil
	}
	coded := out.Batch.Append(nil)
	m.log = append(m.log, coded)
	changes, err := record.DecodeRows(coded)
	if err != nil {
		return out, err
	}
	m.store.Apply(changes)
	m.core.Committed(out.Batch)
	m.courier.Sent(out.Sends)
	if out.Checkpoint != 0 {
		m.kept = rows(m.store)
	}
	for _, r := range out.Responses {
		w.answers[r.RequestID] = r.Record
	}
	return out, w.show(m, coded, out.Responses)
}

// show appends the records of a coded batch, numbered over all partitions.
func (w *world) show(m *member, coded []byte, responses []core.Response) error {
	b := &backend{}
	if err := b.show(coded, responses); err != nil {
		return err
	}
	for _, r := range b.records {
		if m.id != 1 && (r.ValueType == "PROCESS" || r.ValueType == "DEPLOYMENT" ||
			r.ValueType == "MESSAGE_START_EVENT_SUBSCRIPTION" && r.Intent != "CORRELATED") {
			continue // the same again
		}
		if r.RecordType == "COMMAND_REJECTION" {
			w.refused = append(w.refused, fmt.Sprintf("%d: %s %s: %s", m.id, r.ValueType, r.Intent, r.RejectionReason))
		}
		r.Position = int64(len(w.records)) + 1
		w.records = append(w.records, r)
	}
	return nil
}

// settle lets everything that is due, on its way or to be sent come to its end.
func (w *world) settle() error {
	for range 100_000 {
		busy, err := w.round()
		if err != nil {
			return err
		}
		if busy {
			continue
		}
		if w.clock = w.nextMail(); w.clock == never {
			return w.quiet()
		}
	}
	return fmt.Errorf("the world does not come to rest: %d letters, %d waiting", len(w.network), w.member(1).courier.Waiting())
}

const never = 1<<63 - 1

// nextMail is when a courier has something to do again.
func (w *world) nextMail() int64 {
	due := int64(never)
	for _, m := range w.members {
		due = min(due, m.courier.Due())
	}
	if due == never {
		return never
	}
	return max(due, w.clock)
}

// quiet checks what must hold when nothing is under way: every outbox is empty.
func (w *world) quiet() error {
	w.clock = 0
	for _, m := range w.members {
		var left *record.Send
		m.core.Outbox(func(_ int32, s *record.Send) bool {
			left = s
			return false
		})
		if left != nil {
			return fmt.Errorf("partition %d still has number %d for partition %d in its outbox", m.id, left.Sequence, left.Partition)
		}
	}
	return nil
}

// round does what is to be done at every partition and delivers some letters.
func (w *world) round() (busy bool, err error) {
	if w.chance(w.faults.crash) {
		w.lead(w.members[w.random.IntN(len(w.members))])
	}
	for _, i := range w.random.Perm(len(w.members)) {
		m := w.members[i]
		if due, _ := m.core.Due(w.now); due {
			busy = true
			if _, err := w.decide(m); err != nil {
				return busy, err
			}
		}
		var commands []core.Command
		for _, r := range m.courier.Acknowledge(w.clock) {
			commands = append(commands, core.Command{Record: r})
		}
		if len(commands) > 0 {
			busy = true
			if _, err := w.decide(m, commands...); err != nil {
				return busy, err
			}
		}
		for _, p := range m.courier.Next(w.clock) {
			busy = true
			w.post(&letter{from: m.id, to: p.To, term: m.term, request: p.Delivery})
		}
	}
	for n := len(w.network); n > 0; n -= 1 + w.random.IntN(n) {
		i := w.random.IntN(len(w.network))
		l := w.network[i]
		w.network = slices.Delete(w.network, i, i+1)
		if busy = true; err == nil {
			err = w.arrive(l)
		}
	}
	return busy, err
}

// post puts a letter on the network. A lost one fails at once: that is what a time-out is.
func (w *world) post(l *letter) {
	if w.chance(w.faults.lose) {
		w.failed(l)
		return
	}
	w.network = append(w.network, l)
	if w.chance(w.faults.repeat) {
		again := *l
		w.network = append(w.network, &again)
	}
}

func (w *world) failed(l *letter) {
	if m := w.member(l.from); m.term == l.term {
		m.courier.Failed(l.to, false, w.clock)
	}
}

// arrive hands a letter over: a parcel to the receiver's log, an answer to the courier that waits for it.
func (w *world) arrive(l *letter) error {
	if l.answer != nil {
		if m := w.member(l.from); m.term == l.term {
			m.courier.Delivered(l.to, l.answer, w.clock)
		}
		return nil
	}
	coded := record.NewCommand(-1, record.DeliveryReceive, l.request)
	command, err := record.DecodeRecord(coded.Append(nil))
	if err != nil {
		return err
	}
	w.request++
	if _, err := w.decide(w.member(l.to), core.Command{RequestID: w.request, Record: command}); err != nil {
		return err
	}
	answer, ok := w.answers[w.request].Value.(*record.Delivery)
	if !ok {
		return fmt.Errorf("mail from %d to %d was answered with %+v", l.from, l.to, w.answers[w.request])
	}
	back := *l
	back.answer = answer
	w.post(&back)
	return nil
}
