package sim

import (
	"math"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// exporterID is the name of the exporter that every partition has.
const exporterID = "audit"

// director exports a partition's committed records while it is led here, as engine/export does: entries in order, a
// flush that makes them durable at the sink, and an acknowledgement through the log.
type director struct {
	t        *owner
	run      uint64 // number of this leadership's run
	active   bool
	next     uint64 // entry to go on with
	taken    []*record.Record
	flushed  record.Exporter // what is durable at the sink
	told     int64           // position that was acknowledged
	failures int
}

// sink is where a partition's records end up. It stays when nodes go.
type sink struct {
	down   bool // refuses everything
	silent bool // takes what it gets and loses the answer
}

func (d *director) begin() {
	d.run++
	d.active, d.taken, d.failures = true, nil, 0
	d.flushed, d.told = record.Exporter{ExporterID: exporterID}, 0
	for _, e := range d.t.machine.Exporters() {
		if e.ExporterID == exporterID {
			d.flushed, d.told = e, e.Position
		}
	}
	d.next = d.flushed.Index + 1
	d.plan(d.t.w().setup.exportInterval)
	d.planAcknowledge()
}

func (d *director) end() {
	d.run++
	d.active = false
}

func (d *director) plan(wait int64) {
	run := d.run
	d.t.r.n.after(wait, func() {
		if d.run == run {
			d.round()
		}
	})
}

// exportAtOnce bounds the entries between two flushes.
const exportAtOnce = 200

// round exports what is committed and flushes it.
func (d *director) round() {
	w, r := d.t.w(), d.t.r
	s := &w.sinks[r.partition-1]
	if s.down {
		d.failures++
		d.plan(int64(100_000) << min(d.failures, 4))
		return
	}
	d.failures = 0
	upTo := record.Exporter{ExporterID: exporterID, Position: d.flushed.Position, Index: d.flushed.Index}
	d.taken = d.taken[:0]
	n := 0
	for index := d.next; index <= r.commit && index <= r.store.index && n < exportAtOnce; index++ {
		e := r.log.at(index)
		if e == nil {
			w.violate("I5", "an entry that was not exported yet is no longer in the log")
			w.stopped = true
			return
		}
		n++
		upTo.Index = index
		if e.bytes == nil || e.decided != e.term {
			continue
		}
		batch, err := e.decodedBatch()
		if err != nil {
			w.violate("codec", err.Error())
			return
		}
		for i := range batch.Records {
			d.taken = append(d.taken, &batch.Records[i])
			upTo.Position = batch.Records[i].Position + batch.Records[i].Span() - 1
		}
	}
	d.flush(s, upTo)
	wait := w.setup.exportInterval
	if n == exportAtOnce {
		wait /= 10
	}
	d.plan(wait)
}

// flush makes what was taken durable at the sink. A sink whose answer is lost gets it again.
func (d *director) flush(s *sink, upTo record.Exporter) {
	w := d.t.w()
	for _, r := range d.taken {
		w.checks.exported(d.t.r.partition, r)
	}
	if s.silent && len(d.taken) > 0 {
		s.silent = false
		return
	}
	d.flushed, d.next = upTo, upTo.Index+1
}

// planAcknowledge tells the log from time to time how far the sink has come.
func (d *director) planAcknowledge() {
	run := d.run
	d.t.r.n.after(d.t.w().setup.acknowledgeInterval, func() {
		if d.run != run {
			return
		}
		if d.flushed.Position > d.told {
			d.told = d.flushed.Position
			v := d.flushed
			d.t.post(record.NewCommand(-1, record.ExporterAcknowledge, &v))
		}
		d.planAcknowledge()
	})
}

// exported is the index up to which the exporters have everything, as this replica's state knows it.
func exportedThrough(r *replica) uint64 {
	least, found := uint64(math.MaxUint64), false
	state.NewView(r.store, state.NewDefinitions()).Exporters(func(e *record.Exporter) bool {
		least, found = min(least, e.Index), true
		return true
	})
	if !found {
		return 0
	}
	return least
}
