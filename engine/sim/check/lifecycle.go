package check

import "github.com/payhub/payhub/engine/record"

// lifeCycle proves that element instances live as BPMN says: in order, inside a living scope, and a scope ends after all
// that is in it. A call activity is the scope of the instance that it called.
type lifeCycle struct {
	deaf
	j        *Judge
	elements map[int64]*elementLife
}

// elementLife is where an element instance stands.
type elementLife struct {
	at       record.Intent
	scope    int64
	children int
	name     string
}

func newLifeCycle(j *Judge) *lifeCycle {
	return &lifeCycle{j: j, elements: map[int64]*elementLife{}}
}

func (k *lifeCycle) listens() []record.ValueType {
	return []record.ValueType{record.ProcessInstanceValue}
}

// before says from where an element instance may come to an intent.
var before = [...][]record.Intent{
	record.ElementActivated:   {record.ElementActivating},
	record.ElementCompleting:  {record.ElementActivated},
	record.ElementCompleted:   {record.ElementCompleting},
	record.ElementTerminating: {record.ElementActivating, record.ElementActivated, record.ElementCompleting},
	record.ElementTerminated:  {record.ElementTerminating},
}

func (k *lifeCycle) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		return
	}
	v := r.Value.(*record.ProcessInstance)
	switch r.Intent {
	case record.ElementActivating:
		k.activating(e, r, v)
	case record.SequenceFlowTaken:
		if scope := k.elements[v.FlowScopeKey]; scope == nil || scope.at != record.ElementActivated {
			k.j.blame(RuleLifeCycle, of(e, r), "flow %s of %s is taken in a scope that is not active", v.ElementID, v.BpmnProcessID)
		}
	case record.ElementActivated, record.ElementCompleting, record.ElementCompleted, record.ElementTerminating, record.ElementTerminated:
		k.moves(e, r, v)
	}
}

// activating begins a life.
func (k *lifeCycle) activating(e *Entry, r *record.Record, v *record.ProcessInstance) {
	if k.elements[r.Key] != nil {
		k.j.blame(RuleLifeCycle, of(e, r), "element instance %d (%s of %s) is activated twice", r.Key, v.ElementID, v.BpmnProcessID)
		return
	}
	life := &elementLife{at: r.Intent, scope: v.FlowScopeKey, name: v.ElementID}
	if life.scope < 0 {
		life.scope = v.ParentElementInstanceKey
	}
	k.elements[r.Key] = life
	if life.scope <= 0 {
		return
	}
	scope := k.elements[life.scope]
	if scope == nil {
		if v.FlowScopeKey > 0 { // a called instance whose caller has ended is terminated at once
			k.j.blame(RuleLifeCycle, of(e, r), "%s of %s is activated in scope %d, which has ended or never was", v.ElementID, v.BpmnProcessID, life.scope)
		}
		return
	}
	if v.FlowScopeKey > 0 && scope.at != record.ElementActivated {
		k.j.blame(RuleLifeCycle, of(e, r), "%s of %s is activated in scope %d, which is not active", v.ElementID, v.BpmnProcessID, life.scope)
	}
	scope.children++
}

// moves takes a life one step on.
func (k *lifeCycle) moves(e *Entry, r *record.Record, v *record.ProcessInstance) {
	life := k.elements[r.Key]
	if life == nil {
		k.j.blame(RuleLifeCycle, of(e, r), "%s of %s is %s and has ended or never began", v.ElementID, v.BpmnProcessID, r.IntentName())
		return
	}
	allowed := false
	for _, from := range before[r.Intent] {
		allowed = allowed || life.at == from
	}
	if !allowed {
		k.j.blame(RuleLifeCycle, of(e, r), "%s of %s is %s after %s", v.ElementID, v.BpmnProcessID, r.IntentName(),
			record.ProcessInstanceValue.IntentName(life.at))
	}
	life.at = r.Intent
	if r.Intent != record.ElementCompleted && r.Intent != record.ElementTerminated {
		return
	}
	if life.children > 0 {
		k.j.blame(RuleLifeCycle, of(e, r), "%s of %s is %s with %d element instances still in it", v.ElementID, v.BpmnProcessID, r.IntentName(), life.children)
	}
	delete(k.elements, r.Key)
	if scope := k.elements[life.scope]; scope != nil {
		scope.children--
	}
}
