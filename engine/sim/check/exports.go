package check

import (
	"cmp"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// exports proves I5 for what leaves the cluster: after repeats are taken out, what a sink has of a partition is a prefix of
// the committed log, record by record, also when another node went on exporting.
type exports struct {
	deaf
	j       *Judge
	logs    map[int32]*exportable
	sinks   map[sinkOf]int64 // the position up to which a sink has everything
	digests digester
}

// exportable is what there is to export of a partition.
type exportable struct {
	digests []uint64 // by position - 1; 0 inside a packed record
	settled []settled
}

// settled says that a position was committed at a time.
type settled struct{ at, position int64 }

type sinkOf struct {
	partition int32
	exporter  string
}

// exportDelay is how far behind, in ms, a sink may be at the end: acknowledging is itself a record.
const exportDelay = 15_000

func newExports(j *Judge) *exports {
	return &exports{j: j, logs: map[int32]*exportable{}, sinks: map[sinkOf]int64{}}
}

func (k *exports) committed(e *Entry) {
	if !e.effective() {
		return
	}
	l := k.logs[e.Partition]
	if l == nil {
		l = &exportable{}
		k.logs[e.Partition] = l
	}
	for i := range e.Batch.Records {
		r := &e.Batch.Records[i]
		l.digests = append(l.digests, k.digests.whole(r))
		for range r.Span() - 1 {
			l.digests = append(l.digests, 0)
		}
	}
	l.settled = append(l.settled, settled{k.j.at, e.Batch.LastPosition()})
}

func (k *exports) exported(partition int32, exporter string, r *record.Record) {
	sink := sinkOf{partition, exporter}
	has := k.sinks[sink]
	at := where{partition: partition, position: r.Position, key: r.Key}
	l := k.logs[partition]
	switch {
	case l == nil || r.Position > int64(len(l.digests)) || r.Position < 1:
		k.j.blame(RuleExported, at, "%s has position %d, which is not committed", exporter, r.Position)
		return
	case r.Position > has+1:
		k.j.blame(RuleExported, at, "%s has a hole: %d follows %d", exporter, r.Position, has)
	}
	if want := l.digests[r.Position-1]; want != 0 && r.ValueType != record.VariableValue && want != k.digests.whole(r) {
		k.j.blame(RuleExported, at, "%s has a %s %s at %d that is not the committed one", exporter, r.ValueType, r.IntentName(), r.Position)
	}
	k.sinks[sink] = max(has, r.Position+r.Span()-1)
}

func (k *exports) end([]string) {
	sinks := make([]sinkOf, 0, len(k.sinks))
	for sink := range k.sinks {
		sinks = append(sinks, sink)
	}
	slices.SortFunc(sinks, func(a, b sinkOf) int {
		return cmp.Or(cmp.Compare(a.partition, b.partition), cmp.Compare(a.exporter, b.exporter))
	})
	for _, sink := range sinks {
		has := k.sinks[sink]
		l := k.logs[sink.partition]
		for _, s := range l.settled {
			if s.position > has && s.at < k.j.at-exportDelay {
				k.j.blame(RuleExported, where{partition: sink.partition, position: has + 1}, "%s ends at %d of %d", sink.exporter, has, len(l.digests))
				break
			}
		}
	}
}
