package apply

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// elementEnded removes an element instance, completed or terminated, with all that is kept for
// it, and takes it out of its scope.
func elementEnded(t *state.Tables, r *record.Record) {
	e := t.ElementInstance(r.Key)
	_, element := t.Element(e)
	t.DeleteVariables(e.Key)
	if r.Intent == record.ElementTerminated {
		// What completes has taken its event and joined its flows.
		t.DeleteProcessEvent(e.Key)
		if element.Type == bpmn.ProcessElement || element.Type == bpmn.SubProcess {
			t.DeleteTakenFlows(e.Key)
		}
	}
	t.DeleteElementInstance(e)
	if e.Origin&record.StartedByMessage != 0 {
		if started := t.StartedByMessage(e.Key); started != nil {
			t.UnlockMessageStart(e.Key, started)
		}
	}
	if r.Intent == record.ElementTerminated && e.Origin&record.ResultAwaited != 0 && t.AwaitResult(e.Key) != nil {
		t.DeleteAwaitResult(e.Key)
	}
	if scope := t.ElementInstance(e.FlowScopeKey); e.FlowScopeKey >= 0 && scope != nil {
		scope.Children--
		t.PutElementInstance(scope)
	}
}
