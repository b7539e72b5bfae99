package check

import "github.com/payhub/payhub/engine/record"

// final proves I4, and that reads are never stale: what one read has said of an instance, a later one does not take back.
type final struct {
	deaf
	j    *Judge
	seen map[string]*sighting
}

// sighting is the latest that was said.
type sighting struct {
	at    int64 // when it was answered
	state string
	key   int64
}

func newFinal(j *Judge) *final { return &final{j: j, seen: map[string]*sighting{}} }

// rank orders the states of an instance; it never goes back.
func rank(state string) int {
	switch state {
	case record.InstanceActive:
		return 1
	case record.InstanceCompleted, record.InstanceTerminated:
		return 2
	}
	return 0
}

// answered takes note of a key's instance: from now on it is there.
func (k *final) answered(c *call) {
	v, ok := c.command.Value.(*record.CreatedOnce)
	if !ok || c.err != nil || c.answer.IsRejection() {
		return
	}
	name := idempotencyKey(v.TenantID, v.API, v.IdempotencyKey)
	if k.seen[name] == nil {
		k.seen[name] = &sighting{at: c.answeredAt, state: record.InstanceActive, key: c.answer.Key}
	}
}

func (k *final) lookedUp(l *lookup) {
	if l.request.IdempotencyKey == "" {
		return
	}
	name := idempotencyKey(l.request.TenantID, l.request.API, l.request.IdempotencyKey)
	state := ""
	if l.found.Found {
		state = l.found.State
	}
	at := where{partition: l.partition, key: l.found.ProcessInstanceKey}
	before := k.seen[name]
	switch {
	case before == nil:
		if state == "" {
			return
		}
	case l.invokedAt <= before.at: // at once with the one before it
		if rank(state) <= rank(before.state) {
			return
		}
	case state == "":
		k.j.blame(RuleFinal, at, "key %q of %s was known to be %s, and is not found", l.request.IdempotencyKey, l.request.TenantID, before.state)
		return
	case before.key != l.found.ProcessInstanceKey:
		k.j.blame(RuleFinal, at, "key %q of %s was instance %d and is %d", l.request.IdempotencyKey, l.request.TenantID, before.key, l.found.ProcessInstanceKey)
	case rank(state) < rank(before.state) || rank(state) == 2 && rank(before.state) == 2 && state != before.state:
		k.j.blame(RuleFinal, at, "key %q of %s was %s and is %s", l.request.IdempotencyKey, l.request.TenantID, before.state, state)
	}
	k.seen[name] = &sighting{at: l.answeredAt, state: state, key: l.found.ProcessInstanceKey}
}
