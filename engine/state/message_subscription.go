package state

import "github.com/payhub/payhub/engine/record"

// MessageSubscription is a waiting element instance as the partition of its correlation key
// knows it.
type MessageSubscription struct {
	record.MessageSubscription
	Key         int64
	Correlating bool // a message is on its way to the instance
}

// Fields implements the row codec.
func (s *MessageSubscription) Fields(c *record.Codec) {
	s.MessageSubscription.Fields(c)
	c.Int(&s.Key)
	c.Bool(&s.Correlating)
}

// MessageSubscription finds the subscription of an element instance to a message name; nil if
// there is none.
func (v *View) MessageSubscription(elementInstance int64, name string) *MessageSubscription {
	s, _ := load[MessageSubscription](v, v.key(tableMessageSubscription).num(elementInstance).text(name))
	return s
}

// MessageSubscriptions calls visit with the subscriptions that wait for a message of this name
// and correlation key, oldest element instance first.
func (v *View) MessageSubscriptions(tenant, name, correlationKey string, visit func(*MessageSubscription) bool) {
	prefix := v.key(tableMessageSubscriptionIndex).text(tenantKey(tenant)).text(name).text(correlationKey)
	v.scanPrefix(prefix, func(key, _ []byte) bool {
		s := v.MessageSubscription(lastNum(key), name)
		return s == nil || visit(s)
	})
}

// PutMessageSubscription writes a subscription.
func (t *Tables) PutMessageSubscription(s *MessageSubscription) {
	t.overlay.put(t.key(tableMessageSubscription).num(s.ElementInstanceKey).text(s.MessageName), t.overlay.encode(s))
	t.overlay.put(t.key(tableMessageSubscriptionIndex).text(tenantKey(s.TenantID)).text(s.MessageName).text(s.CorrelationKey).num(s.ElementInstanceKey), nil)
}

// DeleteMessageSubscription removes a subscription.
func (t *Tables) DeleteMessageSubscription(s *MessageSubscription) {
	t.overlay.remove(t.key(tableMessageSubscription).num(s.ElementInstanceKey).text(s.MessageName))
	t.overlay.remove(t.key(tableMessageSubscriptionIndex).text(tenantKey(s.TenantID)).text(s.MessageName).text(s.CorrelationKey).num(s.ElementInstanceKey))
}

// ProcessMessageSubscription is a waiting element instance as its own partition knows it.
type ProcessMessageSubscription struct {
	record.ProcessMessageSubscription
	Key     int64
	Opened  bool // the other partition has confirmed it
	Closing bool
}

// Fields implements the row codec.
func (s *ProcessMessageSubscription) Fields(c *record.Codec) {
	s.ProcessMessageSubscription.Fields(c)
	c.Int(&s.Key)
	c.Bool(&s.Opened)
	c.Bool(&s.Closing)
}

// ProcessMessageSubscription finds the subscription of an element instance to a message name;
// nil if there is none.
func (v *View) ProcessMessageSubscription(elementInstance int64, name string) *ProcessMessageSubscription {
	s, _ := load[ProcessMessageSubscription](v, v.key(tableProcessMessageSubscription).num(elementInstance).text(name))
	return s
}

// ProcessMessageSubscriptionsOf calls visit with the subscriptions of an element instance.
func (v *View) ProcessMessageSubscriptionsOf(elementInstance int64, visit func(*ProcessMessageSubscription) bool) {
	v.scanPrefix(v.key(tableProcessMessageSubscription).num(elementInstance), func(_, value []byte) bool {
		return visit(decode[ProcessMessageSubscription](v, value))
	})
}

// PutProcessMessageSubscription writes a subscription.
func (t *Tables) PutProcessMessageSubscription(s *ProcessMessageSubscription) {
	t.overlay.put(t.key(tableProcessMessageSubscription).num(s.ElementInstanceKey).text(s.MessageName), t.overlay.encode(s))
}

// DeleteProcessMessageSubscription removes a subscription.
func (t *Tables) DeleteProcessMessageSubscription(s *ProcessMessageSubscription) {
	t.overlay.remove(t.key(tableProcessMessageSubscription).num(s.ElementInstanceKey).text(s.MessageName))
}
