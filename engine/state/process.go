package state

import (
	"strings"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
)

// Definition is a deployed process definition, ready to run.
type Definition struct {
	record.Process
	Key     int64
	Graph   *bpmn.Process
	headers []record.Document // per element, of its job
}

// Headers are the custom headers of an element's job.
func (d *Definition) Headers(e *bpmn.Element) record.Document { return d.headers[e.Index] }

// Definitions keeps read definitions; they never change, so they are read once.
type Definitions struct {
	byKey map[int64]*Definition
	// latest are the newest versions as committed. A decision that adds a version forgets the
	// one before it; until it is committed the new one is found in the overlay.
	latest map[processName]int64
	// made are the keys that were read while the decision that makes them was not committed. If it
	// never is, the next one may give the same key to something else.
	made []int64
}

// forget drops the definitions that were made by a decision that has come to nothing: their keys,
// from next on, are free again.
func (d *Definitions) forget(next int64) {
	for _, key := range d.made {
		if key >= next {
			delete(d.byKey, key)
		}
	}
	d.made = d.made[:0]
}

type processName struct{ tenant, id string }

// NewDefinitions makes an empty cache.
func NewDefinitions() *Definitions {
	return &Definitions{byKey: map[int64]*Definition{}, latest: map[processName]int64{}}
}

// Definition finds a process definition by its key; nil if there is none.
func (v *View) Definition(key int64) *Definition {
	if d := v.definitions.byKey[key]; d != nil {
		return d
	}
	p, ok := load[record.Process](v, v.key(tableProcess).num(key))
	if !ok {
		return nil
	}
	resource, err := bpmn.Read(p.ResourceName, p.Resource)
	if err != nil {
		panic("state: a deployed resource can no longer be read: " + err.Error())
	}
	for _, graph := range resource.Processes {
		if graph.ID == p.BpmnProcessID {
			d := newDefinition(key, p, graph)
			v.definitions.byKey[key] = d
			if key >= v.fresh {
				v.definitions.made = append(v.definitions.made, key)
			}
			return d
		}
	}
	panic("state: a deployed resource has lost its process " + p.BpmnProcessID)
}

func newDefinition(key int64, p *record.Process, graph *bpmn.Process) *Definition {
	d := &Definition{Process: *p, Key: key, Graph: graph, headers: make([]record.Document, len(graph.Elements))}
	for i, e := range graph.Elements {
		if e.Task == nil {
			continue
		}
		var b record.Builder
		for _, h := range e.Task.Headers {
			b.Set(h.Key, 0, record.AppendJSONString(nil, h.Value))
		}
		d.headers[i] = b.Document()
	}
	return d
}

// KnowsDefinition tells whether there is a process definition of this key, without reading it.
func (v *View) KnowsDefinition(key int64) bool {
	return v.has(v.key(tableProcess).num(key))
}

// Definitions calls visit with the process definitions whose keys are not below from, in the order
// of their keys.
func (v *View) Definitions(from int64, visit func(*record.Process) bool) {
	first := append([]byte(nil), v.key(tableProcess).num(from)...)
	v.scanFrom(first, first[:1], func(_, value []byte) bool { return visit(decode[record.Process](v, value)) })
}

// LatestDefinition finds the newest version of a process; nil if there is none.
func (v *View) LatestDefinition(tenant, id string) *Definition {
	where := v.key(tableProcessLatest).text(tenantKey(tenant)).text(id)
	if v.overlay != nil {
		if value, ok := v.overlay.Own(where); ok {
			return v.Definition(lastNum(value))
		}
	}
	key, cached := v.definitions.latest[processName{tenant, id}]
	if !cached {
		var ok bool
		if key, ok = v.number(where); !ok {
			return nil
		}
		v.definitions.latest[processName{strings.Clone(tenant), strings.Clone(id)}] = key
	}
	return v.Definition(key)
}

// DefinitionVersion finds a version of a process; nil if there is none.
func (v *View) DefinitionVersion(tenant, id string, version int32) *Definition {
	key, ok := v.number(v.key(tableProcessVersion).text(tenantKey(tenant)).text(id).num(int64(version)))
	if !ok {
		return nil
	}
	return v.Definition(key)
}

// InsertProcess adds a definition. It is the newest of its process from now on, unless a newer one
// is there already: partitions that are new may get to know them in another order.
func (t *Tables) InsertProcess(key int64, p *record.Process) {
	latest := t.LatestDefinition(p.TenantID, p.BpmnProcessID)
	t.overlay.insert(t.key(tableProcess).num(key), t.overlay.encode(p))
	delete(t.definitions.latest, processName{p.TenantID, p.BpmnProcessID})
	value := rowKey(nil).num(key)
	tenant := tenantKey(p.TenantID)
	t.overlay.put(t.key(tableProcessVersion).text(tenant).text(p.BpmnProcessID).num(int64(p.Version)), value)
	if latest == nil || latest.Version < p.Version {
		t.overlay.put(t.key(tableProcessLatest).text(tenant).text(p.BpmnProcessID), value)
	}
}
