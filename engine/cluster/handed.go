package cluster

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// handed keeps the jobs that were handed to other nodes until they say that a worker has received
// them. A job that did not arrive is available again at once: when a connection was lost, the peer
// says with the next one what it had got; if it does not come back for a while, it has died with all
// that it had not said.
type handed struct {
	r *Router

	mu    sync.Mutex
	last  uint64 // token; tokens grow, over the process's lives too
	peers map[string]*handedPeer
}

// handedPeer is what is in doubt at one peer.
type handedPeer struct {
	jobs  map[uint64][]handedJob // by token
	lanes []string               // connections that are open here
	past  map[string]bool        // those of them that the peer has given up: it has begun the next one
	gone  *time.Timer            // runs while none is open
}

// handedJob is a job on its way to a worker at another node.
type handedJob struct {
	lane      string
	partition int32
	StreamedJob
}

// comesBack is how long a peer may take to connect anew and say what it had got.
const comesBack = 700 * time.Millisecond

func newHanded(r *Router) *handed {
	return &handed{r: r, last: uint64(time.Now().UnixNano()), peers: map[string]*handedPeer{}}
}

// begin notes a connection of a peer. What the one before did not get, which the peer says, is
// available again.
func (h *handed) begin(peer, current, before string) {
	h.mu.Lock()
	p := h.peers[peer]
	if p == nil {
		p = &handedPeer{jobs: map[uint64][]handedJob{}, past: map[string]bool{}}
		h.peers[peer] = p
	}
	p.lanes = append(p.lanes, current)
	if p.gone != nil {
		p.gone.Stop()
		p.gone = nil
	}
	var missed []handedJob
	for lane, through := range readPrevious(before) {
		for token, jobs := range p.jobs {
			if token > through && jobs[0].lane == lane {
				missed = append(missed, jobs...)
				delete(p.jobs, token)
			}
		}
		if slices.Contains(p.lanes, lane) {
			p.past[lane] = true
		}
	}
	h.mu.Unlock()
	h.handBack(missed)
}

// end notes the end of a connection. If the peer does not come back nothing has arrived that it has
// not said.
func (h *handed) end(peer, lane string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.peers[peer]
	i := slices.Index(p.lanes, lane)
	p.lanes = slices.Delete(p.lanes, i, i+1)
	delete(p.past, lane)
	if len(p.lanes) > 0 {
		return
	}
	p.gone = time.AfterFunc(comesBack, func() {
		h.mu.Lock()
		var all []handedJob
		if len(p.lanes) == 0 && h.peers[peer] == p {
			delete(h.peers, peer)
			for _, jobs := range p.jobs {
				all = append(all, jobs...)
			}
		}
		h.mu.Unlock()
		h.handBack(all)
	})
}

func (h *handed) handBack(jobs []handedJob) {
	for _, job := range jobs {
		h.r.handBack(job.partition, job.StreamedJob)
	}
}

// give numbers jobs that are about to be sent on a connection and keeps them. A peer that has begun the
// next connection has said what it got on this one and will not say more: ok is false, and the jobs are
// available again.
func (h *handed) give(peer, lane string, partition int32, jobs []StreamedJob) (token uint64, ok bool) {
	kept := make([]handedJob, len(jobs))
	for i, job := range jobs {
		kept[i] = handedJob{lane, partition, job}
	}
	h.mu.Lock()
	p := h.peers[peer]
	if p.past[lane] {
		h.mu.Unlock()
		h.handBack(kept)
		return 0, false
	}
	defer h.mu.Unlock()
	h.last++
	p.jobs[h.last] = kept
	return h.last, true
}

// got forgets what a worker of the peer has received.
func (h *handed) got(peer string, tokens []uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.peers[peer]; p != nil {
		for _, token := range tokens {
			delete(p.jobs, token)
		}
	}
}

// close forgets everything: the next leaders end the leases in time.
func (h *handed) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for peer, p := range h.peers {
		if p.gone != nil {
			p.gone.Stop()
		}
		delete(h.peers, peer)
	}
}

// previous is how a lane says, when it begins, what the one before had got.
func previous(lane string, got uint64) string { return lane + ":" + strconv.FormatUint(got, 10) }

// maxPrevious is how many lanes a lane speaks for: the last on which the peer was heard, and those after
// it that carried something there and brought nothing back. More are lost one after another only while
// the peer is so ill that leases end by time.
const maxPrevious = 8

// readPrevious reads what previous wrote, of several lanes with spaces between; it leaves out anything
// else.
func readPrevious(text string) map[string]uint64 {
	all := map[string]uint64{}
	for _, each := range strings.Fields(text) {
		lane, number, ok := strings.Cut(each, ":")
		if got, err := strconv.ParseUint(number, 10, 64); ok && err == nil {
			all[lane] = got
		}
	}
	return all
}

// receipts are what this node says to a peer about the jobs that its workers have received. What was
// said on a connection that was lost may not have been heard, so the newest are said again on the
// next one.
type receipts struct {
	mu     sync.Mutex
	recent []uint64
	unsaid []uint64
}

// maxRecent is how many receipts are said again: more than are under way on a connection.
const maxRecent = 4096

// add takes a receipt; first is true when no other waits to be said.
func (r *receipts) add(token uint64) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaid = append(r.unsaid, token)
	return len(r.unsaid) == 1
}

// next takes what has to be said now; again says the newest once more.
func (r *receipts) next(again bool) []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	unsaid := r.unsaid
	r.unsaid = nil
	if r.recent = append(r.recent, unsaid...); len(r.recent) > 2*maxRecent {
		r.recent = append([]uint64(nil), r.recent[len(r.recent)-maxRecent:]...)
	}
	if again {
		return append([]uint64(nil), r.recent...)
	}
	return unsaid
}
