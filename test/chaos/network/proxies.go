package network

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Rule is what happens to what goes in one direction. The zero rule lets everything through as it comes.
type Rule struct {
	// Delay is added to every piece, and up to Jitter more, drawn each time; the order stays.
	Delay, Jitter time.Duration
	// BytesPerSecond throttles; 0 does not.
	BytesPerSecond int
	// Blocked lets nothing through; it arrives when the rule is lifted.
	Blocked bool
	// Refused ends new connections at once.
	Refused bool
}

// Anyone stands for an end that is no node, such as a client of a gateway.
const Anyone = -1

// Proxies stand between nodes: each node is told to others by the address of its proxy. What goes through is harmed by rules per
// direction. The node that connects is known by its process, so rules hold for pairs. Proxies are a fleet.Network on 127.0.0.1,
// and need no rights. They are safe for concurrent use.
type Proxies struct {
	mu        sync.Mutex
	rules     map[link]Rule
	pids      map[int]int // by node
	listeners []net.Listener
	wires     map[*wire]bool
	closed    bool
	running   sync.WaitGroup
	looks     looks
}

// NewProxies makes proxies without rules.
func NewProxies() *Proxies {
	return &Proxies{rules: map[link]Rule{}, pids: map[int]int{}, wires: map[*wire]bool{}}
}

// Host implements fleet.Network.
func (*Proxies) Host(int) string { return "127.0.0.1" }

// Enter implements fleet.Network.
func (*Proxies) Enter(_ int, command []string) []string { return command }

// Advertise implements fleet.Network: it opens the proxy of a node.
func (p *Proxies) Advertise(node int, bound string) (string, error) { return p.Open(node, bound) }

// Started implements fleet.Network.
func (p *Proxies) Started(node, pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pids[node] = pid
}

// Open opens a proxy in front of an address of a node, and gives the proxy's own.
func (p *Proxies) Open(node int, address string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	p.listeners = append(p.listeners, l)
	p.mu.Unlock()
	p.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(conn, node, address) })
		}
	})
	return l.Addr().String(), nil
}

// serve joins a connection to the node behind the proxy, until one end closes it.
func (p *Proxies) serve(near net.Conn, to int, address string) {
	from := p.owner(near)
	if p.rule(from, to).Refused {
		sever(near)
		return
	}
	far, err := net.DialTimeout("tcp", address, 2*time.Second)
	if err != nil {
		sever(near)
		return
	}
	w := &wire{from: from, to: to, near: near, far: far, gone: make(chan struct{})}
	if !p.add(w) {
		w.cut()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.carry(near, far, func() Rule { return p.rule(from, to) }) })
	both.Go(func() { w.carry(far, near, func() Rule { return p.rule(to, from) }) })
	both.Wait()
	w.cut()
	p.mu.Lock()
	delete(p.wires, w)
	p.mu.Unlock()
}

func (p *Proxies) add(w *wire) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.wires[w] = true
	}
	return !p.closed
}

func (p *Proxies) rule(from, to int) Rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rules[link{from, to}]
}

// Set puts a rule on what goes from one node to another.
func (p *Proxies) Set(from, to int, r Rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules[link{from, to}] = r
}

// SetBoth puts a rule on both directions.
func (p *Proxies) SetBoth(a, b int, r Rule) {
	p.Set(a, b, r)
	p.Set(b, a, r)
}

// Heal lifts every rule.
func (p *Proxies) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.rules)
}

// Reset ends the connections between two nodes, with a reset to both ends.
func (p *Proxies) Reset(a, b int) (ended int) { return p.each(a, b, (*wire).cut) }

// Forget makes the connections between two nodes half open: neither end learns anything, and nothing arrives any more.
func (p *Proxies) Forget(a, b int) (forgotten int) { return p.each(a, b, (*wire).forget) }

func (p *Proxies) each(a, b int, do func(*wire)) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.wires {
		if w.from == a && w.to == b || w.from == b && w.to == a {
			do(w)
			n++
		}
	}
	return n
}

// Close ends everything.
func (p *Proxies) Close() error {
	p.mu.Lock()
	p.closed = true
	var errs []error
	for _, l := range p.listeners {
		errs = append(errs, l.Close())
	}
	for w := range p.wires {
		w.cut()
	}
	p.mu.Unlock()
	p.running.Wait()
	return errors.Join(errs...)
}

// wire is one connection through a proxy.
type wire struct {
	from, to  int
	near, far net.Conn
	once      sync.Once
	gone      chan struct{} // closed when it is cut
	mu        sync.Mutex
	forgotten bool
}

// cut ends both halves with a reset.
func (w *wire) cut() {
	w.once.Do(func() {
		close(w.gone)
		sever(w.near)
		sever(w.far)
	})
}

func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgotten = true
}

func (w *wire) isForgotten() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.forgotten
}

// sever closes a connection so that the other side sees a reset, not an orderly end.
func sever(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // the close that follows says what matters
	}
	c.Close()
}

// piece is what was read at once, and when it may go on.
type piece struct {
	bytes []byte
	due   time.Time
}

// carry copies one direction under its rule, until an end closes.
func (w *wire) carry(in, out net.Conn, rule func() Rule) {
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 32<<10)
			n, err := in.Read(buffer)
			if err != nil {
				return
			}
			r := rule()
			due := time.Now().Add(r.Delay)
			if r.Jitter > 0 {
				due = due.Add(rand.N(r.Jitter))
			}
			select {
			case pieces <- piece{buffer[:n], due}:
			case <-w.gone:
				return
			}
		}
	}()
	for p := range pieces {
		if !w.hold(p, rule) {
			break
		}
		if w.isForgotten() {
			continue
		}
		if _, err := out.Write(p.bytes); err != nil {
			break
		}
	}
	if !w.isForgotten() {
		w.cut()
	}
	for range pieces { // the reader ends by the cut
	}
}

// hold waits until a piece may go on; false when the wire is cut.
func (w *wire) hold(p piece, rule func() Rule) bool {
	for {
		r := rule()
		pause := time.Until(p.due)
		switch {
		case r.Blocked && !w.isForgotten():
			pause = max(pause, 5*time.Millisecond)
		case pause <= 0 && r.BytesPerSecond > 0:
			return w.pause(time.Duration(len(p.bytes)) * time.Second / time.Duration(r.BytesPerSecond))
		case pause <= 0:
			return true
		}
		if !w.pause(pause) {
			return false
		}
	}
}

func (w *wire) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-w.gone:
		return false
	case <-t.C:
		return true
	}
}
