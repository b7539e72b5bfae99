package link

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// RefusedError is a handshake that one side ended with a reason.
type RefusedError struct {
	// Peer is the other side: its server id if it is known, else its address.
	Peer string
	// Reason is why; it names who is meant, so that it reads the same on both sides.
	Reason string
	// Here tells that this node refused the peer; otherwise the peer refused this node.
	Here bool
}

// Error says who refused whom and why.
func (e *RefusedError) Error() string {
	if e.Here {
		return fmt.Sprintf("link: %s is refused here: %s", e.Peer, e.Reason)
	}
	return fmt.Sprintf("link: refused by %s: %s", e.Peer, e.Reason)
}

// How often the same is said about one peer, how much is said about one peer at all, and about how
// many peers.
const (
	noticeEvery = time.Minute
	noticeLines = 10
	noticePeers = 1024
)

// notices keep a peer that tries again and again from filling the log.
type notices struct {
	mu   sync.Mutex
	said map[string]*notice
}

// notice is what was said about one peer within the last minute.
type notice struct {
	why    string
	since  time.Time
	lines  int
	silent int64
}

// due tells whether something about a peer is to be said now, and how often it was not said before.
func (n *notices) due(peer, why string, now time.Time) (silent int64, due bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	last := n.said[peer]
	if last == nil {
		if len(n.said) >= noticePeers {
			n.forget(now)
		}
		if len(n.said) >= noticePeers {
			return 0, false
		}
		last = &notice{since: now}
		n.said[peer] = last
	}
	switch {
	case now.Sub(last.since) >= noticeEvery:
		silent = last.silent
		*last = notice{since: now}
	case last.lines > 0 && last.why == why || last.lines >= noticeLines:
		last.silent++
		return 0, false
	}
	last.why = why
	last.lines++
	return silent, true
}

// forget makes room: peers that were quiet for a minute begin anew.
func (n *notices) forget(now time.Time) {
	for peer, last := range n.said {
		if now.Sub(last.since) >= noticeEvery {
			delete(n.said, peer)
		}
	}
}

// notice writes a line about a peer, unless the same was said within the last minute.
func (l *Link) notice(level slog.Level, peer, what, why string, attributes ...any) {
	silent, due := l.notices.due(peer, why, time.Now())
	if !due {
		return
	}
	attributes = append([]any{"peer", peer, "why", why}, attributes...)
	if silent > 0 {
		attributes = append(attributes, "notSaidBefore", silent)
	}
	l.log.Log(context.Background(), level, what, attributes...)
}
