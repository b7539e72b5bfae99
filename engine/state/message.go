package state

import "github.com/payhub/payhub/engine/record"

// Message is a buffered message.
type Message struct {
	record.Message
	Key int64 // not in the row: it is the row's key
}

// Message finds a buffered message by its key; nil if there is none.
func (v *View) Message(key int64) *Message {
	m, ok := loadOf[record.Message](v, tableMessage, key)
	if !ok {
		return nil
	}
	return &Message{Message: *m, Key: key}
}

// HasMessage tells whether a message is buffered.
func (v *View) HasMessage(key int64) bool {
	_, found := v.of(tableMessage, key)
	return found
}

// BufferedMessages calls visit with the buffered messages of a name and correlation key, oldest
// first.
func (v *View) BufferedMessages(tenant, name, correlationKey string, visit func(*Message) bool) {
	prefix := v.key(tableMessageBuffer).text(tenantKey(tenant)).text(name).text(correlationKey)
	v.scanPrefix(prefix, func(key, _ []byte) bool {
		m := v.Message(lastNum(key))
		return m == nil || visit(m)
	})
}

// MessageWithID tells whether a message of this name, correlation key and id is buffered.
func (v *View) MessageWithID(tenant, name, correlationKey, id string) bool {
	return v.has(v.messageID(tenant, name, correlationKey, id))
}

func (v *View) messageID(tenant, name, correlationKey, id string) rowKey {
	return v.key(tableMessageID).text(tenantKey(tenant)).text(name).text(correlationKey).text(id)
}

// MessageCorrelated tells whether a buffered message has been taken by an instance of a process:
// each process gets a message once.
func (v *View) MessageCorrelated(message int64, processID string) bool {
	return v.has(v.key(tableMessageCorrelated).num(message).text(processID))
}

// DueMessages calls visit with the messages whose time to live is over at now, earliest first,
// and returns the time of the first one that is not; math.MaxInt64 if there is none.
func (v *View) DueMessages(from, now int64, visit func(key int64) bool) (next int64) {
	return v.due(tableMessageDeadline, from, now, visit)
}

// InsertMessage buffers a message.
func (t *Tables) InsertMessage(m *Message) {
	t.overlay.insert(t.key(tableMessage).num(m.Key), t.overlay.encode(&m.Message))
	t.overlay.insert(t.key(tableMessageBuffer).text(tenantKey(m.TenantID)).text(m.Name).text(m.CorrelationKey).num(m.Key), nil)
	t.overlay.insert(t.key(tableMessageDeadline).num(m.Deadline).num(m.Key), nil)
	if m.MessageID != "" {
		t.overlay.put(t.messageID(m.TenantID, m.Name, m.CorrelationKey, m.MessageID), nil)
	}
}

// InsertMessageCorrelated notes that an instance of a process has taken a message.
func (t *Tables) InsertMessageCorrelated(message int64, processID string) {
	t.overlay.put(t.key(tableMessageCorrelated).num(message).text(processID), nil)
}

// DeleteMessageCorrelated forgets that an instance of a process has taken a message.
func (t *Tables) DeleteMessageCorrelated(message int64, processID string) {
	t.overlay.remove(t.key(tableMessageCorrelated).num(message).text(processID))
}

// DeleteMessage removes a buffered message.
func (t *Tables) DeleteMessage(m *Message) {
	t.overlay.remove(t.key(tableMessage).num(m.Key))
	t.overlay.remove(t.key(tableMessageBuffer).text(tenantKey(m.TenantID)).text(m.Name).text(m.CorrelationKey).num(m.Key))
	t.overlay.remove(t.key(tableMessageDeadline).num(m.Deadline).num(m.Key))
	if m.MessageID != "" {
		t.overlay.remove(t.messageID(m.TenantID, m.Name, m.CorrelationKey, m.MessageID))
	}
	var taken [][]byte
	t.scanPrefix(t.key(tableMessageCorrelated).num(m.Key), func(key, _ []byte) bool {
		taken = append(taken, append([]byte(nil), key...))
		return true
	})
	for _, key := range taken {
		t.overlay.remove(key)
	}
}

// AwaitedOutcome is the call that waits for what becomes of a message; nil if none does.
func (v *View) AwaitedOutcome(message int64) *record.MessageOutcome {
	o, _ := loadOf[record.MessageOutcome](v, tableMessageOutcome, message)
	return o
}

// PutAwaitedOutcome notes the call that waits for what becomes of a message.
func (t *Tables) PutAwaitedOutcome(message int64, o *record.MessageOutcome) {
	_, known := t.of(tableMessageOutcome, message)
	if value := t.overlay.encode(o); known {
		t.overlay.put(t.key(tableMessageOutcome).num(message), value)
	} else {
		t.overlay.insert(t.key(tableMessageOutcome).num(message), value)
	}
}

// DeleteAwaitedOutcome forgets the call that waited for what becomes of a message.
func (t *Tables) DeleteAwaitedOutcome(message int64) {
	t.overlay.remove(t.key(tableMessageOutcome).num(message))
}
