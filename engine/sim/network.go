package sim

// network carries messages between processes.
type network struct {
	w      *world
	cut    [][]bool // cut[from][to]: nothing gets through in this direction
	loss   int      // messages lost of 1,000
	twice  int      // messages that come twice, of 1,000
	base   int64    // shortest delay in microseconds
	jitter int64    // what may be added to it
	usual  int64    // jitter while nothing is wrong
	pipes  [][]pipe

	lost, doubled uint64
}

func newNetwork(w *world, size int) *network {
	n := &network{w: w, base: 100 + int64(w.pick(900)), jitter: 50 + int64(w.pick(1500))}
	n.usual = n.jitter
	for range size {
		n.cut = append(n.cut, make([]bool, size))
		n.pipes = append(n.pipes, make([]pipe, size))
	}
	return n
}

// delay draws how long a message takes; a few take much longer, which puts them behind later ones.
func (n *network) delay() int64 {
	d := n.base + int64(n.w.pick(int(n.jitter)+1))
	if n.w.pick(200) == 0 {
		d += int64(n.w.pick(int(20*n.jitter) + 1))
	}
	return d
}

// send takes a message to a process as a datagram: it may be lost, doubled or overtaken. It is lost too when the receiver
// is killed or started meanwhile.
func (n *network) send(from, to *process, receive func()) {
	if n.cut[from.address][to.address] || n.loss > 0 && n.w.pick(1000) < n.loss {
		n.lost++
		return
	}
	n.carry(to, n.delay(), receive)
	if n.twice > 0 && n.w.pick(1000) < n.twice {
		n.doubled++
		n.carry(to, n.delay(), receive)
	}
}

// retransmission is what a lost packet costs a stream.
const retransmission = 200_000

// pipe is one direction of a connection.
type pipe struct {
	last    int64    // when the newest message arrives
	waiting []func() // what cannot get through now
}

// stream takes a message to a process over a connection: in order and once. What is lost on the way is repeated, which
// takes time; while the way is cut everything waits, until the connection breaks with one of its ends.
func (n *network) stream(from, to *process, receive func()) {
	life := to.life
	pass := func() {
		if to.life == life {
			n.pass(from, to, receive)
		}
	}
	p := &n.pipes[from.address][to.address]
	if len(p.waiting) == 0 && !n.cut[from.address][to.address] {
		pass()
		return
	}
	n.lost++
	p.waiting = append(p.waiting, pass)
	if len(p.waiting) == 1 {
		n.retry(from, to)
	}
}

// retry tries from time to time what waits.
func (n *network) retry(from, to *process) {
	n.w.at(n.w.now+retransmission, func() {
		if n.cut[from.address][to.address] {
			n.retry(from, to)
			return
		}
		p := &n.pipes[from.address][to.address]
		waiting := p.waiting
		p.waiting = nil
		for _, pass := range waiting {
			pass()
		}
	})
}

// pass takes a message through the pipe.
func (n *network) pass(from, to *process, receive func()) {
	delay := n.delay()
	for n.loss > 0 && n.w.pick(1000) < n.loss {
		n.lost++
		delay += retransmission
	}
	p := &n.pipes[from.address][to.address]
	p.last = max(n.w.now+delay, p.last+1)
	n.carry(to, p.last-n.w.now, receive)
}

func (n *network) carry(to *process, delay int64, receive func()) {
	life := to.life
	n.w.at(n.w.now+delay, func() {
		if to.life == life && to.up {
			to.run(receive)
		}
	})
}

// isolate cuts a process off from all others, or heals it.
func (n *network) isolate(address int, cut bool) {
	for other := range n.cut {
		if other != address {
			n.cut[address][other], n.cut[other][address] = cut, cut
		}
	}
}

// calm ends what makes the network slow.
func (n *network) calm() { n.jitter = n.usual }

// heal mends everything.
func (n *network) heal() {
	for from := range n.cut {
		clear(n.cut[from])
	}
	n.loss, n.twice = 0, 0
}
