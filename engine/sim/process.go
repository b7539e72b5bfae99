package sim

// process is what runs on one machine: it is killed, started and frozen as a whole. What it planned is lost when it is
// killed, and late when it was frozen.
type process struct {
	w       *world
	address int    // in the network
	life    uint64 // grows with each start and kill
	up      bool
	frozen  bool
	held    []func() // what came up while it was frozen
	clock   clock
}

// after does something delay microseconds of this machine's clock later.
func (p *process) after(delay int64, do func()) {
	life := p.life
	p.w.at(p.w.now+p.clock.span(delay), func() {
		if p.life == life {
			p.run(do)
		}
	})
}

// run does something now, or when the process is no longer frozen.
func (p *process) run(do func()) {
	if p.frozen {
		p.held = append(p.held, do)
		return
	}
	do()
}

// start begins a life.
func (p *process) start() {
	p.life++
	p.up, p.frozen, p.held = true, false, nil
}

// kill ends it.
func (p *process) kill() {
	p.life++
	p.up, p.frozen, p.held = false, false, nil
}

// freeze stops the process as SIGSTOP does: it notices nothing.
func (p *process) freeze() { p.frozen = true }

// thaw lets it go on: everything that should have happened meanwhile happens now, in an order that may differ a little
// from the one in which it came, as threads that all become ready at once do.
func (p *process) thaw() {
	if !p.frozen {
		return
	}
	p.frozen = false
	held := p.held
	p.held = nil
	for i := range held {
		if j := i + p.w.pick(4); j < len(held) {
			held[i], held[j] = held[j], held[i]
		}
	}
	life := p.life
	for _, do := range held {
		if p.life != life {
			return
		}
		p.run(do)
	}
}
