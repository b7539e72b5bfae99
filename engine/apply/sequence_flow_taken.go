package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// sequenceFlowTaken counts a token on its way, so that its scope does not end before it arrives,
// and notes at a parallel gateway which flow it comes by.
func sequenceFlowTaken(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessInstance)
	scope := t.ElementInstance(v.FlowScopeKey)
	if scope == nil {
		return
	}
	scope.Flows++
	t.PutElementInstance(scope)
	graph := t.Definition(v.ProcessDefinitionKey).Graph
	flow := graph.Flow(v.ElementID)
	if joins(flow.Target) {
		t.AddTakenFlow(scope.Key, flow.Target.Index, flow.Index, 1)
	}
}
