package state

import "github.com/payhub/payhub/engine/record"

// CreatedOnce finds what an idempotency key made; nil if the key is not known.
func (v *View) CreatedOnce(tenant, api, idempotencyKey string) *record.CreatedOnce {
	c, _ := load[record.CreatedOnce](v, v.createdOnce(tenant, api, idempotencyKey))
	return c
}

func (v *View) createdOnce(tenant, api, idempotencyKey string) rowKey {
	return v.key(tableCreatedOnce).text(tenant).text(api).text(idempotencyKey)
}

// CreatedOnceOf finds the idempotency key of an instance, also after the instance has ended; nil
// if it has none.
func (v *View) CreatedOnceOf(instance int64) *record.CreatedOnce {
	where, found := v.reader.Get(v.key(tableCreatedOnceInstance).num(instance))
	if !found {
		return nil
	}
	c, _ := load[record.CreatedOnce](v, where)
	return c
}

// DueCreatedOnce calls visit with the instances whose idempotency keys are to be forgotten at
// now, earliest first, and returns the time of the first one that is not; math.MaxInt64 if there is none.
func (v *View) DueCreatedOnce(from, now int64, visit func(instance int64) bool) (next int64) {
	return v.due(tableCreatedOnceExpiry, from, now, visit)
}

// PutCreatedOnce writes what an idempotency key made; a set Expiry is when it is forgotten.
func (t *Tables) PutCreatedOnce(c *record.CreatedOnce) {
	where := append([]byte(nil), t.createdOnce(c.TenantID, c.API, c.IdempotencyKey)...)
	t.overlay.put(where, t.overlay.encode(c))
	t.overlay.put(t.key(tableCreatedOnceInstance).num(c.ProcessInstanceKey), where)
	if c.Expiry > 0 {
		t.overlay.insert(t.key(tableCreatedOnceExpiry).num(c.Expiry).num(c.ProcessInstanceKey), nil)
	}
}

// DeleteCreatedOnce forgets an idempotency key.
func (t *Tables) DeleteCreatedOnce(c *record.CreatedOnce) {
	t.overlay.remove(t.createdOnce(c.TenantID, c.API, c.IdempotencyKey))
	t.overlay.remove(t.key(tableCreatedOnceInstance).num(c.ProcessInstanceKey))
	t.overlay.remove(t.key(tableCreatedOnceExpiry).num(c.Expiry).num(c.ProcessInstanceKey))
}

// AwaitResult is a call that waits for an instance to complete.
type AwaitResult struct {
	RequestID      uint64
	FetchVariables []string
}

// Fields implements the row codec.
func (a *AwaitResult) Fields(c *record.Codec) {
	c.Uint(&a.RequestID)
	c.Strings(&a.FetchVariables)
}

// AwaitResult finds the call that waits for an instance; nil if there is none.
func (v *View) AwaitResult(instance int64) *AwaitResult {
	a, _ := load[AwaitResult](v, v.key(tableAwaitResult).num(instance))
	return a
}

// InsertAwaitResult notes the call that waits for an instance.
func (t *Tables) InsertAwaitResult(instance int64, a *AwaitResult) {
	t.overlay.insert(t.key(tableAwaitResult).num(instance), t.overlay.encode(a))
}

// DeleteAwaitResult forgets the call that waited for an instance.
func (t *Tables) DeleteAwaitResult(instance int64) {
	t.overlay.remove(t.key(tableAwaitResult).num(instance))
}
