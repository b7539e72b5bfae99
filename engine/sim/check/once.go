package check

import (
	"bytes"

	"github.com/payhub/payhub/engine/record"
)

// once proves I7: an idempotency key makes one instance, in one partition, and everybody who uses it gets that one; another
// body is refused.
type once struct {
	deaf
	j    *Judge
	keys map[string]*onceKey
}

// onceKey is what the log says of a key.
type onceKey struct {
	instance  int64
	partition int32
	body      []byte
	ended     bool
}

func newOnce(j *Judge) *once { return &once{j: j, keys: map[string]*onceKey{}} }

// idempotencyKey is a key as a whole.
func idempotencyKey(tenant, api, key string) string { return tenant + "\x00" + api + "\x00" + key }

func (k *once) listens() []record.ValueType { return []record.ValueType{record.CreatedOnceValue} }

func (k *once) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		return
	}
	v := r.Value.(*record.CreatedOnce)
	name := idempotencyKey(v.TenantID, v.API, v.IdempotencyKey)
	known := k.keys[name]
	switch r.Intent {
	case record.CreatedOnceCreated:
		if known != nil {
			k.j.blame(RuleOnce, of(e, r), "key %q of %s made instance %d, and before, at partition %d, instance %d",
				v.IdempotencyKey, v.TenantID, v.ProcessInstanceKey, known.partition, known.instance)
			return
		}
		k.keys[name] = &onceKey{instance: v.ProcessInstanceKey, partition: e.Partition, body: bytes.Clone(v.BodyHash)}
	case record.CreatedOnceEnded:
		if known == nil || known.instance != v.ProcessInstanceKey || known.ended {
			k.j.blame(RuleOnce, of(e, r), "the end of key %q of %s with instance %d does not fit what was made", v.IdempotencyKey, v.TenantID, v.ProcessInstanceKey)
			return
		}
		known.ended = true
	case record.CreatedOnceExpired:
		delete(k.keys, name)
	}
}

func (k *once) answered(c *call) {
	v, ok := c.command.Value.(*record.CreatedOnce)
	if !ok || c.err != nil {
		return
	}
	at := where{partition: c.partition, position: c.position, key: c.answer.Key}
	known := k.keys[idempotencyKey(v.TenantID, v.API, v.IdempotencyKey)]
	switch {
	case c.answer.IsRejection():
		if c.answer.RejectionType == record.AlreadyExists && (known == nil || bytes.Equal(known.body, v.BodyHash)) {
			k.j.blame(RuleOnce, at, "key %q of %s was refused as used with another body, which it was not", v.IdempotencyKey, v.TenantID)
		}
	case known == nil:
		k.j.blame(RuleOnce, at, "key %q of %s was given instance %d, and the log made none", v.IdempotencyKey, v.TenantID, c.answer.Key)
	case known.instance != c.answer.Key:
		k.j.blame(RuleOnce, at, "key %q of %s was given instance %d, its instance is %d", v.IdempotencyKey, v.TenantID, c.answer.Key, known.instance)
	case !bytes.Equal(known.body, v.BodyHash):
		k.j.blame(RuleOnce, at, "key %q of %s was accepted with another body", v.IdempotencyKey, v.TenantID)
	}
}
