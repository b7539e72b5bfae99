package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
)

// checks holds what the world itself sees broken, before any history is judged, and tells the history what happens.
type checks struct {
	w          *world
	history    check.History // nil if nobody listens
	logs       []committedLog
	violations []check.Violation
}

// committedLog is the log of a partition as it surely is, seen from above.
type committedLog struct {
	entries []*entry                // from index 1 on
	hashes  [][record.HashSize]byte // of the state after each; as the first replica had it
	config  *configuration          // the newest
}

func (c *checks) begin(w *world, history check.History) {
	c.w, c.history = w, history
	c.logs = make([]committedLog, w.setup.partitions)
	if history != nil {
		history.Begin(w.setup.nodes, int32(w.setup.partitions), w.millis())
	}
}

// mostViolations bounds how many are kept: one defect breaks many promises at once.
const mostViolations = 20

func (c *checks) violate(rule, what string) {
	if len(c.violations) < mostViolations {
		c.violations = append(c.violations, check.Violation{Rule: rule, At: c.w.millis(), What: what})
		c.w.log("VIOLATION %s: %s", rule, what)
	}
}

// committed takes entries that a leader says are committed: they must be on the disks of a majority, and what was
// committed before must be the same.
func (c *checks) committed(r *replica, from, to uint64) {
	l := &c.logs[r.partition-1]
	for index := from; index <= to; index++ {
		e := r.log.at(index)
		switch {
		case index <= uint64(len(l.entries)):
			if known := l.entries[index-1]; known != e && (e == nil || known.term != e.term) {
				c.violate("I12", fmt.Sprintf("partition %d: entry %d was committed in term %d, and node %d has another one there", r.partition, index, known.term, r.n.number))
			}
			continue
		case index != uint64(len(l.entries))+1:
			c.violate("log", fmt.Sprintf("partition %d: entry %d is committed after entry %d", r.partition, index, len(l.entries)))
			return
		}
		c.quorum(r, e)
		l.entries = append(l.entries, e)
		l.hashes = append(l.hashes, [record.HashSize]byte{})
		if e.config != nil {
			l.config = e.config
		}
		c.w.mix(e.index<<8 + e.term)
		c.tell(r, e)
	}
}

// quorum counts the disks that hold an entry.
func (c *checks) quorum(r *replica, e *entry) {
	have := 0
	for _, m := range r.config.members {
		n := c.w.nodes[m.id.node]
		image := n.disk.images[r.partition-1]
		lost := n.generation != m.id.generation || image.damaged // it had it, or had not: nobody can tell any more
		if m.voter && (lost || image.holds(e.index, e.term) || image.store.base.note.index >= e.index) {
			have++
		}
	}
	if have < r.config.majority() {
		c.violate("I12", fmt.Sprintf("partition %d: entry %d is committed and is on %d disks of %d members", r.partition, e.index, have, len(r.config.members)))
	}
}

// tell hands a committed entry to the history.
func (c *checks) tell(r *replica, e *entry) {
	if c.history == nil {
		return
	}
	told := &check.Entry{
		Partition: r.partition, Index: e.index, Term: e.term, Decided: e.decided, Bytes: e.bytes,
		Leader: e.leader, Clock: e.clock, Real: e.real,
	}
	if e.bytes != nil {
		batch, err := e.decodedBatch()
		if err != nil {
			c.violate("codec", err.Error())
			return
		}
		told.Batch = batch
	} else {
		told.Decided = e.term
	}
	c.history.Committed(c.w.millis(), told)
}

// applied compares what a replica applied with what was committed, and its state with the other replicas'.
func (c *checks) applied(r *replica, e *entry, effective bool) {
	l := &c.logs[r.partition-1]
	if e.index > uint64(len(l.entries)) || l.entries[e.index-1].term != e.term {
		c.violate("I12", fmt.Sprintf("partition %d, node %d: entry %d of term %d is applied and was not committed", r.partition, r.n.number, e.index, e.term))
		return
	}
	hash := r.store.lastHash()
	known := &l.hashes[e.index-1]
	if *known == ([record.HashSize]byte{}) {
		*known = hash
		c.w.mix(binary.LittleEndian.Uint64(hash[:]))
	} else if *known != hash {
		c.violate("I8", fmt.Sprintf("partition %d, node %d: after entry %d the chain hash differs from another replica's", r.partition, r.n.number, e.index))
	}
	if effective && e.index > 1 {
		if batch, err := e.decodedBatch(); err == nil && batch.Previous != l.hashes[e.index-2] {
			c.violate("I8", fmt.Sprintf("partition %d: the batch of entry %d does not follow the one before it", r.partition, e.index))
		}
	}
	if c.history != nil {
		c.history.Applied(c.w.millis(), r.n.number, r.partition, e.index, hash)
	}
}

// installed looks at a state that came from another node.
func (c *checks) installed(r *replica) {
	l := &c.logs[r.partition-1]
	if at := r.store.index; at > uint64(len(l.entries)) || l.hashes[at-1] != r.store.lastHash() {
		c.violate("I8", fmt.Sprintf("partition %d, node %d: the installed state of entry %d is not the partition's", r.partition, r.n.number, at))
	}
	c.compare(r)
}

// compare gives the checksum of all rows to the history.
func (c *checks) compare(r *replica) {
	if c.history != nil {
		c.history.Compared(c.w.millis(), r.n.number, r.partition, r.store.index, r.store.sum())
	}
}

// answers looks at an answer that leaves a partition: what it rests on must be committed.
func (c *checks) answers(r *replica, _ *record.Record) {
	l := &c.logs[r.partition-1]
	if at := r.store.index; at > uint64(len(l.entries)) || l.hashes[at-1] != r.owner.machine.Hash() {
		c.violate("I12", fmt.Sprintf("partition %d, node %d: an answer leaves before its batch is committed", r.partition, r.n.number))
	}
}

func (c *checks) led(r *replica, term uint64, leads bool) {
	c.w.log("node %d, partition %d: leads %v in term %d", r.n.number, r.partition, leads, term)
	if c.history != nil {
		c.history.Led(c.w.millis(), r.n.number, r.partition, term, leads)
	}
}

// down tells that a node that led is gone.
func (c *checks) down(r *replica) {
	if r.owner.machine != nil {
		c.led(r, r.owner.term, false)
	}
}

func (c *checks) exported(partition int32, e *record.Record) {
	if c.history != nil {
		c.history.Exported(c.w.millis(), partition, exporterID, e)
	}
}

func (c *checks) invoked(id uint64, gateway int, partition int32, command *record.Record) {
	if c.history != nil {
		c.history.Invoked(c.w.millis(), id, gateway, partition, command)
	}
}

func (c *checks) answered(id uint64, answer *record.Record, err error) {
	if c.history != nil {
		c.history.Answered(c.w.millis(), id, answer, err)
	}
}

func (c *checks) lookedUp(q *request, found check.Found) {
	if c.history != nil {
		c.history.LookedUp(q.started, c.w.millis(), q.partition, *q.lookup, found)
	}
}

func (c *checks) pushed(worker int, partition int32, key int64, job *record.Job) {
	if c.history != nil {
		c.history.Pushed(c.w.millis(), worker, partition, key, job)
	}
}

// fault counts an injected fault.
func (c *checks) fault(kind string, node int) {
	c.w.mix(uint64(len(kind))<<32 + uint64(node+2))
	if c.history != nil {
		c.history.Fault(c.w.millis(), kind, node)
	}
}

// checkpoint notes that a replica keeps its state under a number.
func (c *checks) checkpoint(r *replica, number int64) {
	c.w.log("node %d, partition %d: checkpoint %d at entry %d", r.n.number, r.partition, number, r.store.index)
	c.w.count("checkpoint taken")
}

// end compares all replicas with each other, when everything has come to rest.
func (c *checks) end(unfinished []string) {
	for p := range c.logs {
		var first *replica
		var sum [record.HashSize]byte
		for _, number := range c.w.hosts(int32(p + 1)) {
			r := c.w.nodes[number].replica(int32(p + 1))
			if r == nil {
				c.violate("stuck", fmt.Sprintf("node %d is not up at the end", number))
				continue
			}
			if want := uint64(len(c.logs[p].entries)); r.store.index != want {
				c.violate("stuck", fmt.Sprintf("partition %d, node %d: applied entry %d, entry %d is committed", p+1, number, r.store.index, want))
			}
			c.compare(r)
			if first == nil {
				first, sum = r, r.store.sum()
			} else if first.store.index == r.store.index && sum != r.store.sum() {
				c.violate("I8", fmt.Sprintf("partition %d: the rows of nodes %d and %d differ at entry %d", p+1, first.n.number, number, r.store.index))
			}
		}
	}
	for _, what := range unfinished {
		c.violate("I1", "stuck: "+what)
	}
	if c.history != nil {
		c.history.End(c.w.millis(), unfinished)
		c.violations = append(c.violations, c.history.Violations()...)
	}
}
