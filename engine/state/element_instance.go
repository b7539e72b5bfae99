package state

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
)

// ElementInstance is a token's visit to an element, or the process instance itself. What its
// definition says is not repeated here.
type ElementInstance struct {
	Key                      int64         // not in the row: it is the row's key
	State                    record.Intent // ElementActivating … ElementTerminated
	ProcessDefinitionKey     int64
	ElementIndex             int32
	ProcessInstanceKey       int64
	FlowScopeKey             int64 // element instance it lies in, -1 for a process instance
	ParentProcessInstanceKey int64 // of the calling instance, -1 if none
	ParentElementInstanceKey int64 // of the calling call activity, -1 if none
	Children                 int32 // element instances that lie in it and have not ended
	Flows                    int32 // sequence flows taken in it whose target is not active yet
	JobKey                   int64 // its job, 0 if none
	CalledKey                int64 // the process instance it called, 0 if none
	Origin                   record.Origin
	Tags                     []string
	BusinessID               string
	TenantID                 string
}

// Fields implements the row codec.
func (e *ElementInstance) Fields(c *record.Codec) {
	c.Byte((*uint8)(&e.State))
	c.Int(&e.ProcessDefinitionKey)
	c.Int32(&e.ElementIndex)
	c.Int(&e.ProcessInstanceKey)
	c.Int(&e.FlowScopeKey)
	c.Int(&e.ParentProcessInstanceKey)
	c.Int(&e.ParentElementInstanceKey)
	c.Int32(&e.Children)
	c.Int32(&e.Flows)
	c.Int(&e.JobKey)
	c.Int(&e.CalledKey)
	c.Byte((*uint8)(&e.Origin))
	c.Strings(&e.Tags)
	c.String(&e.BusinessID)
	c.String(&e.TenantID)
}

// Active tells whether the instance has been activated and is neither completing nor terminating.
func (e *ElementInstance) Active() bool { return e.State == record.ElementActivated }

// Terminating tells whether the instance is being terminated.
func (e *ElementInstance) Terminating() bool { return e.State == record.ElementTerminating }

// instanceInHand is an element instance that a decision works with. It is decoded once and
// coded once, however often the decision changes it.
type instanceInHand struct {
	ElementInstance
	gone    bool
	changed bool
}

// ElementInstance finds an instance by its key; nil if there is none. It must not be changed but
// by an applier that then puts it.
func (v *View) ElementInstance(key int64) *ElementInstance {
	if key < 0 { // the scope or the caller of what has none; keys sort -1 in the middle, so the store would search its disk
		return nil
	}
	if held, ok := v.instances[key]; ok {
		if held.gone {
			return nil
		}
		return &held.ElementInstance
	}
	value, found := v.of(tableElementInstance, key)
	if !found {
		return nil
	}
	held := &instanceInHand{}
	c := record.NewDecoder(value)
	held.Fields(&c)
	if c.Err() != nil {
		panic("state: an element instance cannot be read: " + c.Err().Error())
	}
	held.Key = key
	if v.instances != nil {
		v.instances[key] = held
	}
	return &held.ElementInstance
}

// Element is what an instance is an instance of.
func (v *View) Element(e *ElementInstance) (*Definition, *bpmn.Element) {
	d := v.Definition(e.ProcessDefinitionKey)
	return d, d.Graph.ElementAt(int(e.ElementIndex))
}

// Children calls visit with every instance that lies directly in a scope, oldest first.
func (v *View) Children(scope int64, visit func(*ElementInstance) bool) {
	v.scanPrefix(v.key(tableElementChild).num(scope), func(key, _ []byte) bool {
		child := v.ElementInstance(lastNum(key))
		return child == nil || visit(child)
	})
}

// InsertElementInstance adds an instance.
func (t *Tables) InsertElementInstance(e *ElementInstance) {
	held := &instanceInHand{ElementInstance: *e, changed: true}
	t.instances[e.Key] = held
	t.touched = append(t.touched, held)
	t.overlay.insert(t.key(tableElementInstance).num(e.Key), nil)
	if e.FlowScopeKey >= 0 {
		t.overlay.insert(t.key(tableElementChild).num(e.FlowScopeKey).num(e.Key), nil)
	}
}

// PutElementInstance notes that an instance, as ElementInstance gave it, was changed.
func (t *Tables) PutElementInstance(e *ElementInstance) {
	held := t.instances[e.Key]
	if !held.changed {
		held.changed = true
		t.touched = append(t.touched, held)
		t.overlay.put(t.key(tableElementInstance).num(e.Key), nil)
	}
}

// DeleteElementInstance removes an instance.
func (t *Tables) DeleteElementInstance(e *ElementInstance) {
	t.instances[e.Key].gone = true
	t.overlay.remove(t.key(tableElementInstance).num(e.Key))
	if e.FlowScopeKey >= 0 {
		t.overlay.remove(t.key(tableElementChild).num(e.FlowScopeKey).num(e.Key))
	}
}

// Settle writes the rows of the instances that the decision has changed. It comes last.
func (t *Tables) Settle() {
	for _, held := range t.touched {
		if !held.gone {
			t.overlay.put(t.key(tableElementInstance).num(held.Key), t.overlay.encode(&held.ElementInstance))
		}
	}
}

// Restart forgets the instances in hand.
func (t *Tables) Restart() {
	clear(t.instances)
	t.touched = t.touched[:0]
}

// TakenFlows counts how often a joining gateway's incoming flow was taken and not joined yet.
func (v *View) TakenFlows(scope int64, gateway, flow int) int64 {
	n, _ := v.number(v.key(tableTakenFlow).num(scope).num(int64(gateway)).num(int64(flow)))
	return n
}

// AddTakenFlow counts a taken (1) or joined (-1) flow of a joining gateway.
func (t *Tables) AddTakenFlow(scope int64, gateway, flow int, by int64) {
	n := t.TakenFlows(scope, gateway, flow) + by
	key := t.key(tableTakenFlow).num(scope).num(int64(gateway)).num(int64(flow))
	if n <= 0 {
		t.overlay.remove(key)
		return
	}
	t.overlay.put(key, rowKey(nil).num(n))
}

// DeleteTakenFlows forgets the counts of a scope that ends.
func (t *Tables) DeleteTakenFlows(scope int64) {
	var keys [][]byte
	t.scanPrefix(t.key(tableTakenFlow).num(scope), func(key, _ []byte) bool {
		keys = append(keys, append([]byte(nil), key...))
		return true
	})
	for _, key := range keys {
		t.overlay.remove(key)
	}
}
