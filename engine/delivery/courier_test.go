package delivery_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/delivery"
	"github.com/payhub/payhub/engine/record"
)

// partition is the twin of a partition: what its log knows, as plainly as can be.
type partition struct {
	id       int32
	outbox   []record.Send // sent and not acknowledged
	sent     map[int32]int64
	received map[int32]int64
	took     map[int32][]int64 // what it took of each other one, in the order of taking
	poison   int64             // a number that makes it fail, of anyone's mail; 0 if none does
	courier  *delivery.Courier
	term     int
}

// receive does what the log does with a parcel; ok is false if the engine fails.
func (p *partition) receive(v *record.Delivery) (answer *record.Delivery, ok bool) {
	last := v.Through
	if v.First <= p.received[v.From]+1 {
		for n := p.received[v.From] + 1; n <= last && len(v.Commands) > 0; n++ {
			if n == p.poison {
				return nil, false
			}
		}
		for n := p.received[v.From] + 1; n <= last; n++ {
			if len(v.Commands) > 0 {
				p.took[v.From] = append(p.took[v.From], v.Commands[n-v.First].Key)
			}
			p.received[v.From] = n
		}
	}
	return &record.Delivery{From: v.From, To: p.id, Through: p.received[v.From]}, true
}

func (p *partition) send(to int32) record.Send {
	p.sent[to]++
	s := record.Send{Partition: to, Sequence: p.sent[to], Record: record.NewCommand(p.sent[to], record.TimerTrigger, &record.Timer{})}
	p.outbox = append(p.outbox, s)
	return s
}

// lead gives the partition a new leader.
func (p *partition) lead() {
	p.term++
	p.courier = delivery.New(p.id)
	p.courier.Load(p.outbox)
}

// acknowledge does what the log does with an ACKNOWLEDGE.
func (p *partition) acknowledge(v *record.Delivery) {
	p.outbox = slices.DeleteFunc(p.outbox, func(s record.Send) bool { return s.Partition == v.To && s.Sequence <= v.Through })
}

// world is some partitions and a network between them.
type world struct {
	t          *rapid.T
	now        int64
	partitions []*partition
	network    []letter
	chances    *rapid.Generator[int]
}

type letter struct {
	from, to int32
	term     int
	parcel   *record.Delivery
	answer   *record.Delivery
}

func (w *world) of(id int32) *partition { return w.partitions[id-1] }

func (w *world) pick(n int) int { return w.chances.Draw(w.t, "choice") % n }

// TestEveryCommandIsTakenOnceAndInOrder has partitions send each other commands over a network that loses, repeats and
// reorders, with leaders that crash. In the end everything has been taken, once, in order, and no outbox holds anything.
func TestEveryCommandIsTakenOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, chances: rapid.IntRange(0, 1<<20)}
		for id := range rapid.Int32Range(2, 5).Draw(t, "partitions") {
			p := &partition{id: id + 1, sent: map[int32]int64{}, received: map[int32]int64{}, took: map[int32][]int64{}}
			p.poison = int64(w.pick(3) * w.pick(40))
			p.lead()
			w.partitions = append(w.partitions, p)
		}
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			w.event()
		}
		w.settle()
		w.check()
	})
}

// event is one thing that happens.
func (w *world) event() {
	p := w.partitions[w.pick(len(w.partitions))]
	switch w.pick(10) {
	case 0, 1, 2:
		var sends []record.Send
		for range 1 + w.pick(300)*w.pick(2) {
			if to := w.partitions[w.pick(len(w.partitions))]; to != p {
				sends = append(sends, p.send(to.id))
			}
		}
		p.courier.Sent(sends)
	case 3:
		p.lead()
	case 4:
		w.now += int64(w.pick(3000))
	case 5:
		p.courier.Available(w.partitions[w.pick(len(w.partitions))].id)
	default:
		w.carry(p, true)
	}
}

// carry lets a partition's courier do what it wants, and one letter arrive.
func (w *world) carry(p *partition, faulty bool) {
	for _, a := range p.courier.Acknowledge(w.now) {
		if !faulty || w.pick(4) > 0 {
			p.acknowledge(a.Value.(*record.Delivery))
		}
	}
	for _, parcel := range p.courier.Next(w.now) {
		if len(parcel.Delivery.Commands) > 256 {
			w.t.Fatalf("%d commands in a parcel", len(parcel.Delivery.Commands))
		}
		w.post(letter{from: p.id, to: parcel.To, term: p.term, parcel: parcel.Delivery}, faulty)
	}
	if len(w.network) == 0 {
		return
	}
	i := w.pick(len(w.network))
	l := w.network[i]
	w.network = slices.Delete(w.network, i, i+1)
	w.arrive(l, faulty)
}

func (w *world) post(l letter, faulty bool) {
	switch {
	case faulty && w.pick(4) == 0:
		w.failed(l, false)
		return
	case faulty && w.pick(4) == 0:
		w.network = append(w.network, l)
	}
	w.network = append(w.network, l)
}

func (w *world) failed(l letter, quarantined bool) {
	if p := w.of(l.from); p.term == l.term {
		p.courier.Failed(l.to, quarantined, w.now)
	}
}

func (w *world) arrive(l letter, faulty bool) {
	if l.answer != nil {
		if p := w.of(l.from); p.term == l.term {
			p.courier.Delivered(l.to, l.answer, w.now)
		}
		return
	}
	answer, ok := w.of(l.to).receive(l.parcel)
	if !ok {
		w.failed(l, true)
		return
	}
	l.answer = answer
	w.post(l, faulty)
}

// settle heals the network and lets time pass until nothing is to be done.
func (w *world) settle() {
	for _, p := range w.partitions {
		p.lead() // what is lost of acknowledgements is made up for by the next leader
	}
	for range 10_000 {
		for _, p := range w.partitions {
			w.carry(p, false)
		}
		if len(w.network) > 0 {
			continue
		}
		due := int64(math.MaxInt64)
		for _, p := range w.partitions {
			due = min(due, p.courier.Due())
		}
		if due == math.MaxInt64 {
			return
		}
		w.now = max(w.now, due)
	}
	w.t.Fatal("something waits for ever")
}

func (w *world) check() {
	for _, p := range w.partitions {
		if len(p.outbox) > 0 || p.courier.Waiting() > 0 {
			w.t.Fatalf("partition %d: %d in the outbox, %d wait", p.id, len(p.outbox), p.courier.Waiting())
		}
		for _, from := range w.partitions {
			var want []int64
			for n := int64(1); n <= from.sent[p.id]; n++ {
				if n != p.poison {
					want = append(want, n)
				}
			}
			if got := p.took[from.id]; !slices.Equal(got, want) {
				w.t.Fatalf("partition %d took %v of %d, want %v", p.id, got, from.id, want)
			}
		}
	}
}

func sends(to int32, from, through int64, value record.Value) (all []record.Send) {
	for n := from; n <= through; n++ {
		all = append(all, record.Send{Partition: to, Sequence: n, Checkpoint: n / 100, Record: record.NewCommand(n, 0, value)})
	}
	return all
}

func TestAParcelHasBounds(t *testing.T) {
	small, large := &record.Message{}, &record.Message{Name: string(make([]byte, 600<<10))}
	for _, c := range []struct {
		what  string
		value record.Value
		want  int
	}{{"small commands", small, 256}, {"large ones", large, 1}} {
		courier := delivery.New(1)
		courier.Load(sends(2, 1, 300, c.value))
		parcels := courier.Next(0)
		if len(parcels) != 1 || len(parcels[0].Delivery.Commands) != c.want || parcels[0].Delivery.Checkpoint != int64(c.want)/100 {
			t.Errorf("%s: %d parcels with %d commands, checkpoint %d", c.what, len(parcels), len(parcels[0].Delivery.Commands), parcels[0].Delivery.Checkpoint)
		}
		if more := courier.Next(0); more != nil {
			t.Errorf("%s: a second parcel while the first is under way", c.what)
		}
	}
}

func TestFailuresAreWaitedFor(t *testing.T) {
	c := delivery.New(1)
	c.Load(sends(2, 1, 1, &record.Message{}))
	now := int64(1000)
	for _, wait := range []int64{25, 50, 100, 200, 400, 800, 1600, 2000, 2000} {
		if len(c.Next(now)) != 1 {
			t.Fatalf("nothing goes out at %d", now)
		}
		c.Failed(2, false, now)
		if got := c.Due() - now; got != wait {
			t.Fatalf("waits %d ms, want %d", got, wait)
		}
		now += wait
	}
	c.Available(2)
	if len(c.Next(now-1)) != 1 {
		t.Fatal("an announced leader is not tried at once")
	}
}

func TestACheckpointOfTheReceiverIsNoFailure(t *testing.T) {
	c := delivery.New(1)
	c.Load(sends(2, 1, 1, &record.Message{}))
	c.Next(0)
	c.Delivered(2, &record.Delivery{Through: 0, Checkpoint: 7}, 0)
	if len(c.Next(0)) != 1 {
		t.Fatal("it is not sent again at once")
	}
	c.Delivered(2, &record.Delivery{Through: 1, Checkpoint: 7}, 5)
	if c.Acknowledge(50) != nil {
		t.Fatal("acknowledged before its time")
	}
	got := c.Acknowledge(105)
	if len(got) != 1 || fmt.Sprintf("%+v", *got[0].Value.(*record.Delivery)) != fmt.Sprintf("%+v", record.Delivery{From: 1, To: 2, Through: 1, Checkpoint: 7}) {
		t.Fatalf("%+v", got)
	}
}

// The command that makes the receiver fail is found by halves and passed over; all others arrive.
func TestAPoisonedCommandIsPassedOver(t *testing.T) {
	for poison := range int64(300) {
		p := &partition{id: 2, received: map[int32]int64{}, took: map[int32][]int64{}, poison: poison + 1}
		c := delivery.New(1)
		c.Load(sends(2, 1, 300, &record.Message{}))
		parcels := 0
		for c.Waiting() > 0 {
			next := c.Next(0)
			if parcels++; parcels > 80 || len(next) != 1 {
				t.Fatalf("poison %d: %d parcels so far, %d wait", p.poison, parcels, c.Waiting())
			}
			if answer, ok := p.receive(next[0].Delivery); ok {
				c.Delivered(2, answer, 0)
			} else {
				c.Failed(2, true, 0)
			}
		}
		if len(p.took[1]) != 299 || slices.Contains(p.took[1], p.poison) {
			t.Fatalf("poison %d: took %d", p.poison, len(p.took[1]))
		}
	}
}
