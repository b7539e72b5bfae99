package sim

import "github.com/payhub/payhub/engine/record"

// source is a worker's job stream at its gateway: one stream at the leader of each partition. Each job uses a credit of
// the worker until it is done with it; a credit goes to the partitions in turn.
type source struct {
	g        *gateway
	worker   int
	name     string
	jobType  string
	lease    int64
	capacity int
	inHand   map[int64]bool // jobs that the worker has
	parts    []part
	turn     int
}

// part is one partition's stream of a source.
type part struct {
	stream  *stream // nil while there is none
	node    int
	opens   bool
	number  uint64 // of the newest opening
	credits int    // granted and not used
}

// open begins a worker's streams.
func (g *gateway) open(s *source) {
	s.g, s.inHand, s.parts = g, map[int64]bool{}, make([]part, g.w.setup.partitions)
	g.sources = append(g.sources, s)
	s.reopen()
}

// reopen opens all streams anew, because gateway or worker began a new life.
func (s *source) reopen() {
	clear(s.inHand)
	for p := range s.parts {
		s.drop(p)
		s.connect(int32(p + 1))
	}
}

// crash forgets the worker's jobs and closes its streams.
func (s *source) crash() {
	if s.g.up {
		s.reopen()
	}
}

// drop closes a stream at its node, if it still hears of it.
func (s *source) drop(p int) {
	part := &s.parts[p]
	st := part.stream
	part.stream, part.credits, part.opens = nil, 0, false
	part.number++
	if st == nil {
		return
	}
	target := s.g.w.nodes[part.node]
	s.g.w.net.stream(&s.g.process, &target.process, func() {
		if r := target.replica(int32(p + 1)); r != nil {
			r.owner.streams.close(st)
		}
	})
}

// connect opens the stream of a partition at its leader.
func (s *source) connect(partition int32) {
	part := &s.parts[partition-1]
	if part.opens || part.stream != nil {
		return
	}
	l := s.g.leaders[partition-1]
	if l.node < 0 {
		return // the next announcement comes
	}
	part.opens = true
	part.number++
	number := part.number
	failed := func() {
		if part.number == number {
			part.opens = false
			s.g.after(findPause, func() { s.connect(partition) })
		}
	}
	s.g.after(2_000_000, func() {
		if part.opens {
			failed()
		}
	})
	s.g.over(l.node, func() { s.opening(partition, l.node, number, failed) }, failed)
}

// opening has the stream made at the node.
func (s *source) opening(partition int32, node int, number uint64, failed func()) {
	w, target := s.g.w, s.g.w.nodes[node]
	part := &s.parts[partition-1]
	back := func(do func()) { w.net.stream(&target.process, &s.g.process, do) }
	st := &stream{gateway: s.g, link: s.g.links[node].number, jobType: s.jobType, worker: s.name, lease: s.lease}
	life := target.life
	st.push = func(key int64, job *record.Job) {
		number := target.hand(s.g, st.link, partition, yieldOf(key, job))
		back(func() {
			s.g.got(target, life, st.link, number)
			s.arrived(partition, st, key, job)
		})
	}
	st.closed = func() {
		back(func() {
			if part.stream == st {
				part.stream, part.credits = nil, 0
				s.connect(partition)
			}
		})
	}
	w.net.stream(&s.g.process, &target.process, func() {
		r := target.replica(partition)
		if r == nil || !r.owner.streams.open(st) {
			back(failed)
			return
		}
		back(func() {
			if part.number != number {
				w.net.stream(&s.g.process, &target.process, func() { r.owner.streams.close(st) })
				return
			}
			if l := s.g.links[node]; l.life != life || l.number != st.link { // its connection has broken meanwhile
				failed()
				return
			}
			part.opens, part.stream, part.node = false, st, node
			s.grant()
		})
	})
}

// grant gives free credits to the partitions in turn.
func (s *source) grant() {
	used := len(s.inHand)
	for p := range s.parts {
		used += s.parts[p].credits
	}
	for tries := 0; used < s.capacity && tries < len(s.parts); {
		s.turn = (s.turn + 1) % len(s.parts)
		part := &s.parts[s.turn]
		if part.stream == nil || part.credits*len(s.parts) > s.capacity {
			tries++
			continue
		}
		tries = 0
		used++
		part.credits++
		st, partition, target := part.stream, int32(s.turn+1), s.g.w.nodes[part.node]
		s.g.w.net.stream(&s.g.process, &target.process, func() {
			if r := target.replica(partition); r != nil {
				r.owner.streams.grant(st, 1)
			}
		})
	}
}

// arrived takes a job to the worker. One that comes over a stream that is closed goes back.
func (s *source) arrived(partition int32, st *stream, key int64, job *record.Job) {
	part := &s.parts[partition-1]
	if part.stream != st {
		if l := s.g.leaders[partition-1]; l.node >= 0 {
			s.g.post(l.node, partition, yieldOf(key, job))
		}
		return
	}
	part.credits--
	s.inHand[key] = true
	s.g.w.client.pushed(s.worker, partition, key, job)
}

// done gives a credit back.
func (s *source) done(key int64) {
	delete(s.inHand, key)
	if s.g.up {
		s.grant()
	}
}

// lost is told when the connection to a node has broken.
func (s *source) lost(node int) {
	for p := range s.parts {
		if part := &s.parts[p]; part.stream != nil && part.node == node {
			part.stream, part.credits = nil, 0
			s.connect(int32(p + 1))
		}
	}
}

// led is told of a new leader.
func (s *source) led(partition int32) {
	s.drop(int(partition - 1))
	s.connect(partition)
}
