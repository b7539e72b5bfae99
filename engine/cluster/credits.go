package cluster

// Grant implements JobStream.
func (g *gathered) Grant(n int) {
	g.mu.Lock()
	g.free += int64(n)
	g.room += int64(n)
	if !g.plenty() {
		g.lend()
	}
	waits := g.room > 0 && len(g.jobs) > 0
	short := !g.rounds && g.poorest() != nil && g.poorest().lent <= 0
	g.mu.Unlock()
	if waits {
		g.signal()
	}
	if short { // credits have to go round
		select {
		case g.look <- struct{}{}:
		default:
		}
	}
}

// plenty tells whether every source has at least half of an even share, so that a few free credits can
// wait for more: lending each by itself would cost a frame for every job. g.mu is held.
func (g *gathered) plenty() bool {
	s := g.poorest()
	return s != nil && 8*g.free < g.room && 2*s.lent*int64(len(g.sources)) >= g.room
}

// lend gives the free credits to the sources that have least. g.mu is held.
func (g *gathered) lend() {
	if len(g.sources) == 0 {
		return
	}
	if g.free == 1 { // the usual case: a job was done with
		g.give(g.poorest(), 1)
		return
	}
	for g.free > 0 {
		// Up to the next richer one, or an even share of everything.
		s := g.poorest()
		share := max(1, g.free/int64(len(g.sources)))
		if next := g.poorestBut(s); next != nil && next.lent > s.lent {
			share = max(1, min(g.free, next.lent-s.lent))
		}
		g.give(s, share)
	}
}

// give lends n credits to a source. g.mu is held.
func (g *gathered) give(s *source, n int64) {
	g.free -= n
	s.lent += n
	s.grant(int(n))
}

func (g *gathered) poorest() *source { return g.poorestBut(nil) }

func (g *gathered) poorestBut(but *source) (least *source) {
	for _, s := range g.sources {
		if s != but && (least == nil || s.lent < least.lent) {
			least = s
		}
	}
	return least
}

func (g *gathered) richest() (most *source) {
	for _, s := range g.sources {
		if most == nil || s.lent > most.lent {
			most = s
		}
	}
	return most
}

// help gives a source that runs short half of what the richest has more; one credit is left where
// one was. Credits halve on their way, so a job moves them seldom. g.mu is held.
func (g *gathered) help(s *source) {
	rich := g.richest()
	if rich == s || s.lent > 0 && rich.lent < 4*s.lent {
		return
	}
	if n := min((rich.lent-s.lent)/2, rich.lent-1); n > 0 {
		g.give(rich, -n)
		g.give(s, n)
	}
}

// goRound lets credits that nobody uses go round where there are fewer of them than partitions, so
// that jobs are found wherever they wait; true while there is need of it.
func (g *gathered) goRound() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	var idle, poor []*source
	for _, s := range g.sources {
		switch {
		case s.lent <= 0:
			poor = append(poor, s)
		case !s.used:
			idle = append(idle, s)
		}
		s.used = false
	}
	if g.rounds = len(poor) > 0 && len(poor) < len(g.sources); !g.rounds {
		return false
	}
	for i, s := range idle {
		if i < len(poor) {
			g.give(s, -1)
			g.give(poor[i], 1)
		}
	}
	return true
}
