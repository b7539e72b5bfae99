package check

import (
	"crypto/sha256"

	"github.com/payhub/payhub/engine/record"
)

// chain proves I5 for the log: positions strictly increase without gaps, each batch names the hash of the one before it,
// its own hash is that of its bytes, and its time does not run backwards.
type chain struct {
	deaf
	j     *Judge
	links map[int32]*link
}

// link is where a partition's chain ends.
type link struct {
	index    uint64
	hash     [record.HashSize]byte
	position int64 // of the last record
	now      int64
}

func newChain(j *Judge) *chain { return &chain{j: j, links: map[int32]*link{}} }

func (k *chain) committed(e *Entry) {
	l := k.links[e.Partition]
	if l == nil {
		l = &link{}
		k.links[e.Partition] = l
	}
	at := where{partition: e.Partition, position: l.position + 1}
	if e.Index != l.index+1 {
		k.j.blame(RuleChain, at, "log index %d follows %d", e.Index, l.index)
	}
	l.index = e.Index
	if !e.effective() {
		return
	}
	b := e.Batch
	if b.Previous != l.hash {
		k.j.blame(RuleChain, at, "the batch at index %d names %x as the one before it, which is %x", e.Index, b.Previous[:8], l.hash[:8])
	}
	if len(e.Bytes) > record.HashSize+5 {
		if hash := sha256.Sum256(e.Bytes[5 : len(e.Bytes)-record.HashSize]); hash != b.Hash {
			k.j.blame(RuleChain, at, "the batch at index %d says its hash is %x, its bytes have %x", e.Index, b.Hash[:8], hash[:8])
		}
	}
	if b.FirstPosition != l.position+1 {
		k.j.blame(RuleChain, at, "the batch at index %d begins at position %d, the one before it ends at %d", e.Index, b.FirstPosition, l.position)
	}
	if b.Now < l.now {
		k.j.blame(RuleChain, at, "time runs backwards at index %d: %d after %d", e.Index, b.Now, l.now)
	}
	k.positions(e)
	l.hash, l.position, l.now = b.Hash, b.LastPosition(), b.Now
}

// Fingerprint stands for everything that was committed, answers to it included: the hashes of the partitions' logs. Runs of
// one seed have the same.
func (j *Judge) Fingerprint() (print [record.HashSize]byte) {
	for _, l := range j.chain.links {
		for i, b := range l.hash {
			print[i] ^= b
		}
	}
	return print
}

// positions checks those inside a batch, and that a record's cause is before it.
func (k *chain) positions(e *Entry) {
	next := e.Batch.FirstPosition
	for i := range e.Batch.Records {
		r := &e.Batch.Records[i]
		if r.Position != next {
			k.j.blame(RuleChain, of(e, r), "a %s has position %d where %d is next", r.ValueType, r.Position, next)
		}
		if r.SourcePosition >= r.Position {
			k.j.blame(RuleChain, of(e, r), "a %s at %d says that %d caused it, which is not before it", r.ValueType, r.Position, r.SourcePosition)
		}
		next = r.Position + r.Span()
	}
}
