package element

import "github.com/payhub/payhub/engine/bpmn"

// exclusiveGateway takes one of its flows: the first in the order of Outgoing whose condition holds,
// else the default flow. A single flow without a condition is taken as it is.
type exclusiveGateway struct{}

func (exclusiveGateway) activate(x *Execution) *Failure {
	flows, failure := x.choose()
	if failure != nil {
		return failure
	}
	x.passThrough()
	x.completed(flows)
	return nil
}

// choose finds the flow to take; a gateway without flows ends the execution path.
func (x *Execution) choose() ([]*bpmn.SequenceFlow, *Failure) {
	flows := x.Element.Outgoing
	if len(flows) == 0 || len(flows) == 1 && flows[0].Condition == nil {
		return flows, nil
	}
	for i, flow := range flows {
		if flow.Condition == nil || flow == x.Element.Default {
			continue
		}
		holds, failure := x.evalBool(flow.Condition, x.Key)
		if failure != nil {
			return nil, failure
		}
		if holds {
			return flows[i : i+1], nil
		}
	}
	if x.Element.Default != nil {
		return []*bpmn.SequenceFlow{x.Element.Default}, nil
	}
	return nil, noFlow()
}

func (exclusiveGateway) complete(x *Execution) *Failure {
	flows, failure := x.choose()
	if failure == nil {
		x.completed(flows)
	}
	return failure
}

func (exclusiveGateway) terminate(x *Execution) { x.terminated() }
