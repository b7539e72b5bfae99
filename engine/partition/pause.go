package partition

// Pause stops processing, or goes on with it, on this node: while it is paused the partition refuses
// callers' commands and mail as if it were overloaded, and its time stands still, so that no timer and
// no job deadline is due. What exporters acknowledge, answers to mail and the cluster's configuration
// are still decided. Whether the node leads the partition makes no difference to it.
func (p *Partition) Pause(paused bool) {
	at := int64(0)
	if paused {
		at = p.config.Now()
	}
	if paused == p.Paused() {
		return
	}
	p.pausedAt.Store(at)
	p.left.Store(true)
	p.wakeUp()
}

// Paused tells whether processing is paused on this node.
func (p *Partition) Paused() bool { return p.pausedAt.Load() != 0 }

// wall is the wall clock in ms, or where it stood when processing was paused.
func (p *Partition) wall() int64 {
	if at := p.pausedAt.Load(); at != 0 {
		return at
	}
	return p.config.Now()
}
