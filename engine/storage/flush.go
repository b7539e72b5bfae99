package storage

import "time"

// maxKeptBatch bounds the buffer that stays allocated between flushes.
const maxKeptBatch = 1 << 20

// flushLoop writes the dirty layer an interval after it got its first row, or at once when it is
// full. Nothing runs while nothing arrives, except for one last round that lets go of memory.
func (s *Store) flushLoop() {
	defer close(s.done)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	armed := false
	for {
		select {
		case <-s.quit:
			return
		case <-s.wake:
			if !s.dirtyFull() {
				if !armed {
					armed = true
					timer.Reset(s.opts.FlushInterval)
				}
				continue
			}
		case <-timer.C:
			armed = false
		}
		busy := s.unsettled()
		_ = s.flush(busy && time.Since(s.lastSafe()) >= s.opts.DurableInterval) // latched inside
		if s.Err() != nil {
			return
		}
		if busy && !armed {
			armed = true
			timer.Reset(s.opts.FlushInterval)
		}
	}
}

func (s *Store) dirtyFull() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full(s.layers.Load().dirty)
}

// unsettled tells whether there is anything that a flush or a write of the memtable would change.
func (s *Store) unsettled() bool { return s.durable.Load() < s.applied.Load() }

func (s *Store) lastSafe() time.Time {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	return s.safeAt
}

// Flush writes everything that was applied to disk and waits for it; afterwards FlushedIndex is at
// least what AppliedIndex was.
func (s *Store) Flush() error {
	if s.closed.Load() {
		return ErrClosed
	}
	return s.flush(true)
}

// flush moves the dirty layer into RocksDB, and with safe also RocksDB's memtable to disk.
func (s *Store) flush(safe bool) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	return s.flushLocked(safe)
}

func (s *Store) flushLocked(safe bool) error {
	if err := s.Err(); err != nil {
		return err
	}
	l, renoted := s.freeze()
	if l != nil {
		s.batch = appendBatch(s.batch, l)
		if err := s.db.apply(s.batch); err != nil {
			return s.fail("write rows", err)
		}
		s.written = l.index
		highs := s.layers.Load().highs.with(l)
		if cap(s.batch) > maxKeptBatch {
			s.batch = nil
		}
		s.mu.Lock()
		now := s.layers.Load()
		s.layers.Store(&layers{dirty: now.dirty, frozen: l, clean: true, highs: highs})
		s.room.Broadcast()
		s.mu.Unlock()
	}
	if !safe || s.durable.Load() >= s.written && !renoted {
		return nil
	}
	if err := s.db.persist(); err != nil {
		return s.fail("write the memtable to disk", err)
	}
	s.durable.Store(s.written)
	s.safeAt = time.Now()
	return nil
}

// freeze takes the dirty layer away to be written, nil when it says nothing. What was written
// before is dropped: RocksDB has it. A note that came alone makes even a level state worth
// writing.
func (s *Store) freeze() (l *layer, renoted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	renoted, s.renoted = s.renoted, false
	now := s.layers.Load()
	if now.dirty.index == 0 {
		s.layers.Store(&layers{dirty: now.dirty, highs: now.highs})
		return nil, renoted
	}
	s.layers.Store(&layers{dirty: newLayer(len(now.dirty.cells) / 2), frozen: now.dirty, highs: now.highs})
	s.room.Broadcast()
	return now.dirty, renoted
}
