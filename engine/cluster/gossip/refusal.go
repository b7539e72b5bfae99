package gossip

import (
	"net"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/memberlist"
)

const (
	// refusalLasts is how long a refusal counts: who refuses repeats it with every exchange.
	refusalLasts = 3 * exchangeInterval
	// maxReason is the longest reason that is sent or taken.
	maxReason = 512
)

var errClosed = net.ErrClosed

// refusal is a node that must be told that it is refused.
type refusal struct {
	name    string
	address netip.AddrPort
	reason  string
}

// refusedBy is what another node has told this one.
type refusedBy struct {
	reason string
	at     time.Time
}

// refuseLater logs a refusal and has it sent, each once in a while.
func (g *Gossip) refuseLater(name string, address netip.AddrPort, reason error) {
	if !g.log.Warn("gossip: node refused", "node", name, "address", address, "reason", reason) {
		return
	}
	g.mu.Lock()
	g.refusals = append(g.refusals, refusal{name, address, reason.Error()})
	g.mu.Unlock()
	wake(g.work.wakeCallbacks)
}

// refuse tells a node why it is refused. It may be anyone, so it is one small packet.
func (g *Gossip) refuse(r refusal) {
	g.mu.Lock()
	message := appendString([]byte{refusalMessage}, g.self.ClusterID)
	message = appendString(message, g.self.String())
	g.mu.Unlock()
	message = appendString(message, r.reason[:min(len(r.reason), maxReason)])
	to := memberlist.Address{Addr: r.address.String(), Name: r.name}
	if err := g.list.SendToAddress(to, message); err != nil {
		g.log.Debug("gossip: a refusal was not sent", "node", r.name, "error", err)
	}
}

// noteRefusal takes what another node says, and logs it once in a while.
func (g *Gossip) noteRefusal(by, reason string) {
	by, reason = printable(by), printable(reason)
	g.mu.Lock()
	g.refused = refusedBy{"refused by " + by + ": " + reason, time.Now()}
	g.mu.Unlock()
	g.log.Warn("gossip: this node is refused", "by", by, "reason", reason)
	wake(g.work.wakeTend)
}

// Refused is why other nodes have refused this one in the last seconds; "": they have not. The node
// goes on trying, so it becomes a member when the reason has gone.
func (g *Gossip) Refused() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.refused.at) > refusalLasts {
		return ""
	}
	return g.refused.reason
}

// printable makes text of unknown origin fit for a log.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '.'
	}, s)
	return s[:min(len(s), maxReason)]
}
