package sim

import (
	"math"

	"github.com/payhub/payhub/engine/delivery"
	"github.com/payhub/payhub/engine/record"
)

// mail runs the courier of a partition that is led here, as engine/cluster does: parcels go to the leader of their
// partition as far as this node knows it, and what is not answered in time has failed.
type mail struct {
	t       *owner
	courier *delivery.Courier // nil while this node does not lead
	turn    uint64            // number of the newest plan
	parcel  uint64            // number of the newest parcel
	flying  map[int32]uint64  // parcels under way, by target
}

// mailTimeout is how long an answer to a parcel is waited for, in microseconds.
const mailTimeout = 1_000_000

// begin takes up the outbox.
func (m *mail) begin() {
	m.courier = delivery.New(m.t.r.partition)
	m.flying = map[int32]uint64{}
	var outbox []record.Send
	m.t.machine.Outbox(func(_ int32, send *record.Send) bool {
		outbox = append(outbox, *send)
		return true
	})
	m.courier.Load(outbox)
	m.move()
}

func (m *mail) end() {
	m.courier = nil
	m.turn++
}

// sent takes what was committed just now.
func (m *mail) sent(sends []record.Send) {
	if len(sends) > 0 && m.courier != nil {
		m.courier.Sent(sends)
		m.move()
	}
}

// move sends what goes out now, and comes again when there is more.
func (m *mail) move() {
	if m.courier == nil {
		return
	}
	now := m.now()
	for _, c := range m.courier.Acknowledge(now) {
		m.t.post(c)
	}
	for _, p := range m.courier.Next(now) {
		m.carry(p)
	}
	m.turn++
	if due := m.courier.Due(); due != math.MaxInt64 {
		turn := m.turn
		m.t.r.n.after(max(due-now, 1)*1000, func() {
			if m.turn == turn {
				m.move()
			}
		})
	}
}

// now is the time that the courier goes by: it must not jump.
func (m *mail) now() int64 { return m.t.w().millis() }

// carry takes a parcel to the leader of its partition.
func (m *mail) carry(p delivery.Parcel) {
	m.parcel++
	number, courier, from := m.parcel, m.courier, m.t.r.n
	m.flying[p.To] = number
	finish := func(answer record.Record, err error) {
		if m.courier != courier || m.flying[p.To] != number {
			return
		}
		delete(m.flying, p.To)
		received, ok := answer.Value.(*record.Delivery)
		if err == nil && ok && !answer.IsRejection() {
			courier.Delivered(p.To, received, m.now())
		} else {
			courier.Failed(p.To, false, m.now())
		}
		m.move()
	}
	from.after(mailTimeout, func() { finish(record.Record{}, errUnknownOutcome) })
	known := from.leaders[p.To-1]
	if known.node < 0 {
		from.after(1000, func() { finish(record.Record{}, errNotLeader) })
		return
	}
	target := m.t.w().nodes[known.node]
	command := record.NewCommand(-1, record.DeliveryReceive, p.Delivery)
	m.t.w().net.send(&from.process, &target.process, func() {
		answer := func(answer record.Record, err error) {
			m.t.w().net.send(&target.process, &from.process, func() { finish(answer, err) })
		}
		if r := target.replica(p.To); r != nil {
			r.owner.submit(&call{command: command, reply: answer})
		} else {
			answer(record.Record{}, errNotLeader)
		}
	})
}

// available says that a leader of a partition was announced.
func (m *mail) available(partition int32) {
	if m.courier != nil && partition != m.t.r.partition {
		m.courier.Available(partition)
		m.move()
	}
}
