package state

import "github.com/payhub/payhub/engine/record"

// MessageStart is a definition that a message starts.
type MessageStart struct {
	record.MessageStartEventSubscription
	Key int64
}

// Fields implements the row codec.
func (s *MessageStart) Fields(c *record.Codec) {
	s.MessageStartEventSubscription.Fields(c)
	c.Int(&s.Key)
}

// MessageStarts calls visit with the definitions that a message of this name starts.
func (v *View) MessageStarts(tenant, name string, visit func(*MessageStart) bool) {
	v.scanPrefix(v.key(tableMessageStart).text(tenantKey(tenant)).text(name), func(_, value []byte) bool {
		return visit(decode[MessageStart](v, value))
	})
}

// MessageStartsOf calls visit with the message starts of a definition.
func (v *View) MessageStartsOf(definition int64, visit func(*MessageStart) bool) {
	v.scanPrefix(v.key(tableMessageStartDefinition).num(definition), func(_, value []byte) bool {
		return visit(decode[MessageStart](v, value))
	})
}

// PutMessageStart adds a message start.
func (t *Tables) PutMessageStart(s *MessageStart) {
	value := t.overlay.encode(s)
	t.overlay.put(t.key(tableMessageStart).text(tenantKey(s.TenantID)).text(s.MessageName).num(s.ProcessDefinitionKey).text(s.StartEventID), value)
	t.overlay.put(t.key(tableMessageStartDefinition).num(s.ProcessDefinitionKey).text(s.StartEventID), value)
}

// DeleteMessageStart removes a message start.
func (t *Tables) DeleteMessageStart(s *MessageStart) {
	t.overlay.remove(t.key(tableMessageStart).text(tenantKey(s.TenantID)).text(s.MessageName).num(s.ProcessDefinitionKey).text(s.StartEventID))
	t.overlay.remove(t.key(tableMessageStartDefinition).num(s.ProcessDefinitionKey).text(s.StartEventID))
}

// StartedByMessage is how a message that started an instance blocks others of its kind: one
// active instance per process and correlation key.
type StartedByMessage struct {
	BpmnProcessID  string
	MessageName    string
	CorrelationKey string
	TenantID       string
}

// Fields implements the row codec.
func (s *StartedByMessage) Fields(c *record.Codec) {
	c.String(&s.BpmnProcessID)
	c.String(&s.MessageName)
	c.String(&s.CorrelationKey)
	c.String(&s.TenantID)
}

// MessageStartLocked tells whether an active instance of a process was started by a message with
// this correlation key.
func (v *View) MessageStartLocked(tenant, processID, correlationKey string) bool {
	return v.has(v.messageStartLock(tenant, processID, correlationKey))
}

func (v *View) messageStartLock(tenant, processID, correlationKey string) rowKey {
	return v.key(tableMessageStartLock).text(tenantKey(tenant)).text(processID).text(correlationKey)
}

// StartedByMessage tells which message started an instance; nil if none with a correlation key did.
func (v *View) StartedByMessage(instance int64) *StartedByMessage {
	s, _ := load[StartedByMessage](v, v.key(tableMessageStartInstance).num(instance))
	return s
}

// LockMessageStart notes that a message has started an instance.
func (t *Tables) LockMessageStart(instance int64, s *StartedByMessage) {
	t.overlay.insert(t.key(tableMessageStartInstance).num(instance), t.overlay.encode(s))
	t.overlay.put(t.messageStartLock(s.TenantID, s.BpmnProcessID, s.CorrelationKey), rowKey(nil).num(instance))
}

// UnlockMessageStart lets the next message start an instance.
func (t *Tables) UnlockMessageStart(instance int64, s *StartedByMessage) {
	t.overlay.remove(t.key(tableMessageStartInstance).num(instance))
	t.overlay.remove(t.messageStartLock(s.TenantID, s.BpmnProcessID, s.CorrelationKey))
}
