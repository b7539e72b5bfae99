package cluster

import (
	"maps"
	"sync"
	"sync/atomic"
)

// leadership is who leads a partition in a term; server is empty after the leader gave up.
type leadership struct {
	term   uint64
	server string
}

// table knows who leads which partition. The highest term wins: whatever way the news come, and in
// whatever order, all nodes end with the same.
type table struct {
	mu  sync.Mutex // for writers
	now atomic.Pointer[tableState]
}

// tableState is the table at one time. It is never changed.
type tableState struct {
	of      map[int32]leadership
	changed chan struct{} // closed when there is a newer one
}

func newTable() *table {
	t := &table{}
	t.now.Store(&tableState{of: map[int32]leadership{}, changed: make(chan struct{})})
	return t
}

// learn takes news of a partition's leader and tells whether they were new. In one term there is
// one leader, and once it has given up it does not lead in that term again.
func (t *table) learn(partition int32, news leadership) bool {
	if news.term == 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now.Load()
	known := now.of[partition]
	gaveUp := news.term == known.term && news.server == "" && known.server != ""
	if news.term <= known.term && !gaveUp {
		return false
	}
	of := maps.Clone(now.of)
	of[partition] = news
	t.now.Store(&tableState{of: of, changed: make(chan struct{})})
	close(now.changed)
	return true
}

// leader is who leads a partition, as far as is known.
func (t *table) leader(partition int32) leadership { return t.now.Load().of[partition] }

// changed is closed when the table is no longer as it is now.
func (t *table) changed() <-chan struct{} { return t.now.Load().changed }

// all is the table as it is now; the map must not be changed.
func (t *table) all() map[int32]leadership { return t.now.Load().of }
