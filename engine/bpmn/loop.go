package bpmn

import "strings"

// straightThroughLoop finds a way that leads from a task back to it without
// anything that waits, and would spin for ever inside one decision; nil if
// there is none. As in Zeebe, loops of gateways alone are not looked for.
// It names the elements on the way, the first one again at the end.
func straightThroughLoop(p *Process) []*Element {
	t := tarjan{index: make([]int, len(p.Elements)), low: make([]int, len(p.Elements)), component: make([]int, len(p.Elements))}
	for _, e := range p.Elements {
		if passes(e) && t.index[e.Index] == 0 {
			t.visit(e)
		}
	}
	for _, e := range p.Elements {
		if e.Type != Task && e.Type != ManualTask && !callsItself(e) {
			continue
		}
		if way := t.wayBack(e); way != nil {
			return way
		}
	}
	return nil
}

func loopText(loop []*Element) string {
	ids := make([]string, len(loop))
	for i, e := range loop {
		ids[i] = e.ID
	}
	return "Processes are not allowed to contain a straight-through processing loop: " + strings.Join(ids, " > ")
}

// callsItself says that the element calls the process it is in, as far as the model tells.
func callsItself(e *Element) bool {
	if e.Type != CallActivity || !e.Called.ProcessID.IsStatic() {
		return false
	}
	root := e
	for root.Parent != nil {
		root = root.Parent
	}
	id, _ := e.Called.ProcessID.Static().AsString()
	return id == root.ID && root.NoneStart != nil
}

// passes says that a token does not wait at the element.
func passes(e *Element) bool {
	if callsItself(e) {
		return true
	}
	switch e.Type {
	case Task, ManualTask, ExclusiveGateway, ParallelGateway, SubProcess:
		return true
	case StartEvent, EndEvent:
		return e.Event == EventNone
	}
	return false
}

// straightSuccessors are the elements a token reaches next at once. It enters
// a sub-process at its start and leaves it where a way inside ends.
func straightSuccessors(e *Element, visit func(*Element)) {
	if e.Type == SubProcess {
		visit(e.NoneStart)
		return
	}
	if callsItself(e) { // the instance that it calls begins at the start, and it waits for it
		for e.Parent != nil {
			e = e.Parent
		}
		visit(e.NoneStart)
		return
	}
	for len(e.Outgoing) == 0 && e.Parent != nil {
		e = e.Parent
	}
	for _, f := range e.Outgoing {
		if passes(f.Target) {
			visit(f.Target)
		}
	}
}

// tarjan finds the strongly connected components of what passes.
type tarjan struct {
	index, low []int
	// component numbers the components from 1; 0 while an element is open.
	component []int
	stack     []*Element
	next      int
	closed    int
}

func (t *tarjan) visit(e *Element) {
	t.next++
	t.index[e.Index], t.low[e.Index] = t.next, t.next
	t.stack = append(t.stack, e)
	straightSuccessors(e, func(s *Element) {
		switch {
		case t.index[s.Index] == 0:
			t.visit(s)
			t.low[e.Index] = min(t.low[e.Index], t.low[s.Index])
		case t.component[s.Index] == 0:
			t.low[e.Index] = min(t.low[e.Index], t.index[s.Index])
		}
	})
	if t.low[e.Index] < t.index[e.Index] {
		return
	}
	t.closed++
	for {
		last := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.component[last.Index] = t.closed
		if last == e {
			return
		}
	}
}

// wayBack is a shortest way from an element back to it inside its component.
func (t *tarjan) wayBack(from *Element) []*Element {
	before := map[*Element]*Element{}
	queue := []*Element{from}
	for len(queue) > 0 {
		e := queue[0]
		queue = queue[1:]
		straightSuccessors(e, func(s *Element) {
			if t.component[s.Index] == t.component[from.Index] && before[s] == nil {
				before[s] = e
				queue = append(queue, s)
			}
		})
		if last := before[from]; last != nil {
			way := []*Element{from}
			for ; last != from; last = before[last] {
				way = append([]*Element{last}, way...)
			}
			return append([]*Element{from}, way...)
		}
	}
	return nil
}
