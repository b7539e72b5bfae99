package check

import (
	"fmt"

	"github.com/payhub/payhub/engine/record"
)

// Rows visits every row of a replica.
type Rows func(node int, partition int32, visit func(key, value []byte))

// Options are what a Judge cannot learn from the history itself.
type Options struct {
	// Seed is the run's seed; it stands in every report.
	Seed uint64
	// Replay is the command that repeats the run.
	Replay string
	// Books gives the ledgers and payments at the end; nil if the workload has none.
	Books func() Books
	// Late is how much later than due, in ms of the deciding leader's clock, a timer may fire while a leader leads; 0 is 2,000.
	Late int64
	// Rows lets a report name the rows that differ; nil: it does not.
	Rows Rows
	// MaxViolations bounds how many violations are kept per rule; 0 is 20. One defect breaks many promises at once.
	MaxViolations int
}

// Judge is a History that checks every promise which can be checked from a history. It does not know the engine: it reads
// committed batches, answers, leases, exports and ledgers. It is not safe for concurrent use.
type Judge struct {
	options    Options
	at         int64
	calls      *calls
	open       *open
	chain      *chain
	checkers   []checker
	listeners  [listenerSlots][]recordListener
	violations []Violation
	perRule    map[string]int
	found      map[string]int // per rule, also those that were not kept
	counts     Counts
}

var _ History = (*Judge)(nil)

// Counts is how much a run had, for reports of volume.
type Counts struct {
	Commands, Answers, Entries, Records, Exported, Leases int64
	Faults                                                int64
}

// checker is one judge of one kind of promise. Embed deaf for what it does not listen to.
type checker interface {
	begin(nodes int, partitions int32)
	invoked(c *call)
	answered(c *call)
	lookedUp(l *lookup)
	committed(e *Entry)
	applied(node int, partition int32, index uint64, hash [record.HashSize]byte)
	compared(node int, partition int32, index uint64, rows [record.HashSize]byte)
	led(node int, partition int32, term uint64, leads bool)
	pushed(worker int, partition int32, key int64, job *record.Job)
	exported(partition int32, exporter string, r *record.Record)
	faulted()
	end(unfinished []string)
}

// recordListener is a checker that looks at single records of committed batches, of the value types that it names.
type recordListener interface {
	listens() []record.ValueType
	record(e *Entry, r *record.Record)
}

// deaf is a checker that listens to nothing.
type deaf struct{}

func (deaf) begin(int, int32)                                   {}
func (deaf) invoked(*call)                                      {}
func (deaf) answered(*call)                                     {}
func (deaf) lookedUp(*lookup)                                   {}
func (deaf) committed(*Entry)                                   {}
func (deaf) applied(int, int32, uint64, [record.HashSize]byte)  {}
func (deaf) compared(int, int32, uint64, [record.HashSize]byte) {}
func (deaf) led(int, int32, uint64, bool)                       {}
func (deaf) pushed(int, int32, int64, *record.Job)              {}
func (deaf) exported(int32, string, *record.Record)             {}
func (deaf) faulted()                                           {}
func (deaf) end([]string)                                       {}

// listenerSlots are the places for value types: Zeebe's below 100, our own from there on.
const listenerSlots = 132

// slot is a value type's place among the listeners.
func slot(t record.ValueType) int {
	if t >= 1000 {
		return min(int(t)-1000+100, listenerSlots-1)
	}
	return min(int(t), 99)
}

// NewJudge makes a judge of one run.
func NewJudge(options Options) *Judge {
	if options.MaxViolations == 0 {
		options.MaxViolations = 20
	}
	if options.Late == 0 {
		options.Late = 2000
	}
	j := &Judge{options: options, perRule: map[string]int{}, found: map[string]int{}}
	j.calls, j.open, j.chain = newCalls(j), newOpen(j), newChain(j)
	j.checkers = []checker{
		j.calls, j.open, j.chain, newLeadership(j), newReplicas(j), newReplay(j), newExports(j), newOnce(j), newLeases(j), newTimers(j),
		newLifeCycle(j), newCorrelation(j), newMail(j), newCut(j), newLinear(j), newFinal(j), newMoney(j),
	}
	for _, c := range j.checkers {
		if l, ok := c.(recordListener); ok {
			for _, t := range l.listens() {
				j.listeners[slot(t)] = append(j.listeners[slot(t)], l)
			}
		}
	}
	return j
}

// Begin implements History.
func (j *Judge) Begin(nodes int, partitions int32, now int64) {
	j.at = now
	for _, c := range j.checkers {
		c.begin(nodes, partitions)
	}
}

// Invoked implements History.
func (j *Judge) Invoked(at int64, requestID uint64, _ int, partition int32, command *record.Record) {
	j.at = at
	j.counts.Commands++
	c := j.calls.open(requestID, partition, command, at)
	for _, k := range j.checkers {
		k.invoked(c)
	}
}

// Answered implements History.
func (j *Judge) Answered(at int64, requestID uint64, answer *record.Record, err error) {
	j.at = at
	j.counts.Answers++
	c := j.calls.close(requestID, answer, err, at)
	if c == nil {
		return
	}
	for _, k := range j.checkers {
		k.answered(c)
	}
}

// LookedUp implements History.
func (j *Judge) LookedUp(invoked, answered int64, partition int32, request LookupRequest, found Found) {
	j.at = answered
	l := &lookup{invokedAt: invoked, answeredAt: answered, partition: partition, request: request, found: found}
	for _, c := range j.checkers {
		c.lookedUp(l)
	}
}

// Committed implements History.
func (j *Judge) Committed(at int64, e *Entry) {
	j.at = at
	j.counts.Entries++
	for _, c := range j.checkers {
		c.committed(e)
	}
	if !e.effective() {
		return
	}
	j.counts.Records += int64(len(e.Batch.Records))
	for i := range e.Batch.Records {
		r := &e.Batch.Records[i]
		for _, l := range j.listeners[slot(r.ValueType)] {
			l.record(e, r)
		}
	}
}

// effective tells whether the entry holds a batch that counts.
func (e *Entry) effective() bool { return e.Batch != nil && e.Term == e.Decided }

// Applied implements History.
func (j *Judge) Applied(at int64, node int, partition int32, index uint64, hash [record.HashSize]byte) {
	j.at = at
	for _, c := range j.checkers {
		c.applied(node, partition, index, hash)
	}
}

// Compared implements History.
func (j *Judge) Compared(at int64, node int, partition int32, index uint64, rows [record.HashSize]byte) {
	j.at = at
	for _, c := range j.checkers {
		c.compared(node, partition, index, rows)
	}
}

// Led implements History.
func (j *Judge) Led(at int64, node int, partition int32, term uint64, leads bool) {
	j.at = at
	for _, c := range j.checkers {
		c.led(node, partition, term, leads)
	}
}

// Pushed implements History.
func (j *Judge) Pushed(at int64, worker int, partition int32, key int64, job *record.Job) {
	j.at = at
	j.counts.Leases++
	for _, c := range j.checkers {
		c.pushed(worker, partition, key, job)
	}
}

// Exported implements History.
func (j *Judge) Exported(at int64, partition int32, exporter string, r *record.Record) {
	j.at = at
	j.counts.Exported++
	for _, c := range j.checkers {
		c.exported(partition, exporter, r)
	}
}

// Fault implements History.
func (j *Judge) Fault(at int64, _ string, _ int) {
	j.at = at
	j.counts.Faults++
	for _, c := range j.checkers {
		c.faulted()
	}
}

// End implements History.
func (j *Judge) End(at int64, unfinished []string) {
	j.at = at
	for _, c := range j.checkers {
		c.end(unfinished)
	}
}

// Violations implements History.
func (j *Judge) Violations() []Violation { return j.violations }

// Counts is the volume of what was judged so far.
func (j *Judge) Counts() Counts { return j.counts }

// sprintf is short for what stands in every report.
func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// where says what a violation is about; zero fields say nothing.
type where struct {
	partition int32
	position  int64
	key       int64
}

// of is where a record stands.
func of(e *Entry, r *record.Record) where {
	return where{partition: e.Partition, position: r.Position, key: r.Key}
}

// blame notes a broken promise.
func (j *Judge) blame(rule string, at where, format string, args ...any) {
	j.found[rule]++
	if j.perRule[rule]++; j.perRule[rule] > j.options.MaxViolations {
		return
	}
	j.violations = append(j.violations, Violation{
		Rule: rule, At: j.at, What: sprintf(format, args...),
		Partition: at.partition, Position: at.position, Key: at.key, Seed: j.options.Seed, Replay: j.options.Replay,
	})
}
