package check

import (
	"slices"
	"testing"

	"github.com/payhub/payhub/engine/record"
)

// story is a history that can be doctored before it is told to a judge.
type story struct {
	t     *testing.T
	steps []*step
	books Books
}

// step is one thing that happens: a committed batch, or a call of the judge.
type step struct {
	name  string
	at    int64
	draft *draft
	tell  func(p *teller, at int64)
}

// draft is a batch before it has positions and hashes.
type draft struct {
	partition     int32
	records       []record.Record
	causes        []int // per record: the index of the record that caused it, -1 for none
	rows          []record.Row
	sends         []record.Send
	now           int64
	term, decided uint64
	leader        int
	index         uint64              // 0: the next one
	spoil         func(*record.Batch) // after positions and the hash before it, before its own hash
	spoilBytes    func([]byte)
}

func (d *draft) add(cause int, key int64, kind record.Type, intent record.Intent, v record.Value) *draft {
	d.records = append(d.records, record.Record{Key: key, Type: kind, ValueType: v.ValueType(), Intent: intent, Value: v})
	d.causes = append(d.causes, cause)
	return d
}

// command, caused, event and reject add records; events and rejections are caused by the command before them.
func (d *draft) command(reference uint64, key int64, intent record.Intent, v record.Value) *draft {
	d.add(-1, key, record.Command, intent, v)
	d.records[len(d.records)-1].OperationReference = reference
	return d
}

func (d *draft) last() int {
	for i := len(d.records) - 1; i >= 0; i-- {
		if d.records[i].Type == record.Command {
			return i
		}
	}
	return -1
}

func (d *draft) event(key int64, intent record.Intent, v record.Value) *draft {
	cause := d.last()
	d.add(cause, key, record.Event, intent, v)
	if cause >= 0 {
		d.records[len(d.records)-1].OperationReference = d.records[cause].OperationReference
	}
	return d
}

func (d *draft) reject(kind record.RejectionType) *draft {
	cause := d.last()
	d.records = append(d.records, d.records[cause])
	d.causes = append(d.causes, cause)
	r := &d.records[len(d.records)-1]
	r.Type, r.RejectionType, r.RejectionReason = record.CommandRejection, kind, "no"
	return d
}

func (d *draft) row(op record.RowOp, key, value string) *draft {
	d.rows = append(d.rows, record.Row{Op: op, Key: []byte(key), Value: []byte(value)})
	return d
}

func (d *draft) send(to int32, sequence int64, intent record.Intent, v record.Value) *draft {
	d.sends = append(d.sends, record.Send{Partition: to, Sequence: sequence, Record: record.NewCommand(-1, intent, v)})
	return d
}

// find gives a step by its name.
func (s *story) find(name string) *step {
	s.t.Helper()
	i := slices.IndexFunc(s.steps, func(st *step) bool { return st.name == name })
	if i < 0 {
		s.t.Fatalf("the story has no %q", name)
	}
	return s.steps[i]
}

// drop leaves a step out; again tells it twice; move puts it before another one.
func (s *story) drop(name string) {
	gone := s.find(name)
	s.steps = slices.DeleteFunc(s.steps, func(st *step) bool { return st == gone })
}

func (s *story) again(name string) {
	i := slices.Index(s.steps, s.find(name))
	s.steps = slices.Insert(s.steps, i, s.steps[i])
}

func (s *story) move(name, before string) {
	moved := s.find(name)
	s.drop(name)
	i := slices.Index(s.steps, s.find(before))
	moved.at = s.steps[i].at
	s.steps = slices.Insert(s.steps, i, moved)
}

// insert puts a new step before another one.
func (s *story) insert(before string, st *step) {
	i := slices.Index(s.steps, s.find(before))
	st.at = s.steps[i].at
	s.steps = slices.Insert(s.steps, i, st)
}

// without takes records out of a step's batch; causes are kept.
func (s *story) without(name string, gone func(*record.Record) bool) {
	d := s.find(name).draft
	for i := len(d.records) - 1; i >= 0; i-- {
		if !gone(&d.records[i]) {
			continue
		}
		d.records, d.causes = slices.Delete(d.records, i, i+1), slices.Delete(d.causes, i, i+1)
		for j := range d.causes {
			if d.causes[j] > i {
				d.causes[j]--
			}
		}
	}
}

// teller tells a story to a judge.
type teller struct {
	judge     *Judge
	positions map[int32]int64
	indexes   map[int32]uint64
	hashes    map[int32][record.HashSize]byte
	rows      map[int32]map[string]string
	logs      map[int32][]record.Record
}

// tell plays the story and gives the rules that are broken.
func (s *story) tell() (broken []string) {
	p := &teller{
		positions: map[int32]int64{}, indexes: map[int32]uint64{}, hashes: map[int32][record.HashSize]byte{},
		rows: map[int32]map[string]string{1: {}, 2: {}}, logs: map[int32][]record.Record{},
	}
	p.judge = NewJudge(Options{Seed: 7, Books: func() Books { return s.books }})
	p.judge.Begin(2, 2, 0)
	for _, st := range s.steps {
		if st.tell != nil {
			st.tell(p, st.at)
			continue
		}
		p.commit(st.at, st.draft)
	}
	for _, v := range p.judge.Violations() {
		s.t.Log(v)
		if !slices.Contains(broken, v.Rule) {
			broken = append(broken, v.Rule)
		}
	}
	return broken
}

// commit makes a batch of a draft and has it committed and applied.
func (p *teller) commit(at int64, d *draft) {
	b := &record.Batch{Now: d.now, FirstPosition: p.positions[d.partition] + 1, Previous: p.hashes[d.partition], Sends: d.sends, Rows: d.rows}
	b.Records = slices.Clone(d.records)
	for i := range b.Records {
		r := &b.Records[i]
		r.Position, r.SourcePosition, r.Timestamp = b.FirstPosition+int64(i), -1, d.now
		if d.causes[i] >= 0 {
			r.SourcePosition = b.FirstPosition + int64(d.causes[i])
		}
	}
	if d.spoil != nil {
		d.spoil(b)
	}
	bytes := b.Append(nil)
	decoded, err := record.DecodeBatch(bytes)
	if err != nil {
		panic(err)
	}
	if d.spoilBytes != nil {
		d.spoilBytes(bytes)
	}
	p.positions[d.partition], p.hashes[d.partition] = decoded.LastPosition(), decoded.Hash
	p.indexes[d.partition]++
	if d.index != 0 {
		p.indexes[d.partition] = d.index
	}
	for _, row := range decoded.AppliedRows() {
		if row.Op == record.RowDelete {
			delete(p.rows[d.partition], string(row.Key))
		} else {
			p.rows[d.partition][string(row.Key)] = string(row.Value)
		}
	}
	p.logs[d.partition] = append(p.logs[d.partition], decoded.Records...)
	p.judge.Committed(at, &Entry{
		Partition: d.partition, Index: p.indexes[d.partition], Term: d.term, Decided: d.decided, Bytes: bytes, Batch: decoded,
		Leader: d.leader, Clock: d.now, Real: at,
	})
	for node := range 2 {
		p.judge.Applied(at, node, d.partition, p.indexes[d.partition], decoded.Hash)
	}
}

// sum is the checksum of a partition's rows.
func (p *teller) sum(partition int32) (sum [record.HashSize]byte) {
	var s RowSum
	for key, value := range p.rows[partition] {
		s.Add([]byte(key), []byte(value))
	}
	return s.Sum()
}
