package check

// leadership proves that a committed term has one leader and terms never go back; and that no two nodes were told that
// they lead in one term.
type leadership struct {
	deaf
	j     *Judge
	terms map[int32]uint64
	who   map[termOf]int
}

// termOf is a term of a partition.
type termOf struct {
	partition int32
	term      uint64
}

func newLeadership(j *Judge) *leadership {
	return &leadership{j: j, terms: map[int32]uint64{}, who: map[termOf]int{}}
}

func (k *leadership) committed(e *Entry) {
	at := where{partition: e.Partition}
	if e.Batch != nil {
		at.position = e.Batch.FirstPosition
	}
	if last := k.terms[e.Partition]; e.Term < last {
		k.j.blame(RuleLeadership, at, "index %d is of term %d, after one of term %d", e.Index, e.Term, last)
	}
	k.terms[e.Partition] = max(k.terms[e.Partition], e.Term)
	if e.Batch == nil {
		return
	}
	if e.Decided > e.Term {
		k.j.blame(RuleLeadership, at, "index %d is of term %d and was decided in the later term %d", e.Index, e.Term, e.Decided)
	}
	k.name(at, e.Partition, e.Decided, e.Leader)
}

func (k *leadership) led(node int, partition int32, term uint64, leads bool) {
	if leads {
		k.name(where{partition: partition}, partition, term, node)
	}
}

// name notes who leads a term.
func (k *leadership) name(at where, partition int32, term uint64, node int) {
	t := termOf{partition, term}
	if other, known := k.who[t]; known && other != node {
		k.j.blame(RuleLeadership, at, "term %d has two leaders, nodes %d and %d", term, other, node)
		return
	}
	k.who[t] = node
}
