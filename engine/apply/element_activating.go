package apply

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// elementActivating adds an element instance to its scope. The token that led to it has arrived:
// one, or for a parallel gateway one of each incoming flow; none for an event behind an
// event-based gateway, to which no flow is taken.
func elementActivating(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessInstance)
	element := t.Definition(v.ProcessDefinitionKey).Graph.Element(v.ElementID)
	t.InsertElementInstance(&state.ElementInstance{
		Key: r.Key, State: record.ElementActivating, ProcessDefinitionKey: v.ProcessDefinitionKey,
		ElementIndex: int32(element.Index), ProcessInstanceKey: v.ProcessInstanceKey, FlowScopeKey: v.FlowScopeKey,
		ParentProcessInstanceKey: v.ParentProcessInstanceKey, ParentElementInstanceKey: v.ParentElementInstanceKey,
		Origin: v.Origin, Tags: v.Tags, BusinessID: v.BusinessID, TenantID: v.TenantID,
	})
	if v.FlowScopeKey < 0 {
		if caller := t.ElementInstance(v.ParentElementInstanceKey); caller != nil {
			caller.CalledKey = r.Key
			t.PutElementInstance(caller)
		}
		return
	}
	scope := t.ElementInstance(v.FlowScopeKey)
	scope.Children++
	switch {
	case joins(element):
		for _, flow := range element.Incoming {
			t.AddTakenFlow(scope.Key, element.Index, flow.Index, -1)
			scope.Flows--
		}
	case len(element.Incoming) > 0 && element.Incoming[0].Source.Type != bpmn.EventBasedGateway:
		scope.Flows--
	}
	t.PutElementInstance(scope)
}

// joins tells whether an element waits for all of its incoming flows.
func joins(e *bpmn.Element) bool { return e.Type == bpmn.ParallelGateway }
