package gossip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/memberlist"
)

// Bounds of what nodes may tell each other.
const (
	maxFactName = 256
	maxFactBody = 4 << 20
	// maxFacts and maxFactBytes bound all facts together: they travel in every exchange of states.
	maxFacts     = 1 << 14
	maxFactBytes = 12 << 20
)

// fact is the newest that is known under a name.
type fact struct {
	version uint64
	body    []byte
}

// newer tells whether f wins over g. Of two with the same version, which no one should tell, the
// larger body wins, so that all nodes end with the same.
func (f fact) newer(g fact) bool {
	return f.version > g.version || f.version == g.version && bytes.Compare(f.body, g.body) > 0
}

// facts are the facts known to this node.
type facts struct {
	mu    sync.Mutex
	known map[string]fact
	bytes int
}

// merge takes a fact if it is newer than what is known under its name.
func (k *facts) merge(name string, f fact) (news bool, err error) {
	if name == "" || len(name) > maxFactName || len(f.body) > maxFactBody {
		return false, fmt.Errorf("a fact has a name of 1 to %d bytes and a body of at most %d; %.40q has %d", maxFactName, maxFactBody, name, len(f.body))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	old, ok := k.known[name]
	if ok && !f.newer(old) {
		return false, nil
	}
	size := k.bytes - len(old.body) + len(f.body)
	if !ok {
		size += len(name)
	}
	if size > maxFactBytes || !ok && len(k.known) >= maxFacts {
		return false, fmt.Errorf("fact %.40q has no room: the cluster knows %d facts of %d bytes, at most %d of %d", name, len(k.known), k.bytes, maxFacts, maxFactBytes)
	}
	if k.known == nil {
		k.known = map[string]fact{}
	}
	k.known[name] = fact{f.version, slices.Clone(f.body)}
	k.bytes = size
	return true, nil
}

func (k *facts) get(name string) (fact, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, ok := k.known[name]
	return f, ok
}

// encode writes all facts, for an exchange of states.
func (k *facts) encode(b []byte) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	b = binary.AppendUvarint(b, uint64(len(k.known)))
	for _, name := range slices.Sorted(maps.Keys(k.known)) {
		b = appendFact(b, name, k.known[name])
	}
	return b
}

func appendFact(b []byte, name string, f fact) []byte {
	b = appendString(b, name)
	b = binary.AppendUvarint(b, f.version)
	return appendBytes(b, f.body)
}

func (r *reader) fact() (string, fact) {
	name := string(r.bytes())
	version := r.uvarint()
	return name, fact{version, r.bytes()}
}

// factBroadcast is a fact on its way to some nodes, which pass it on.
type factBroadcast struct {
	name    string
	message []byte
}

// Name makes a newer fact take the place of an older one in the queue.
func (b *factBroadcast) Name() string    { return b.name }
func (b *factBroadcast) Message() []byte { return b.message }
func (b *factBroadcast) Finished()       {}

// Invalidates is what Name says already.
func (b *factBroadcast) Invalidates(memberlist.Broadcast) bool { return false }
