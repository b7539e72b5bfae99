package coretest

import (
	"fmt"
	"slices"
	"strings"
)

// Choice returns a number from 0 to n-1; n is at least 1. Everything random in this package comes from one.
type Choice func(n int) int

// Generate makes a random process that ends if its jobs, messages and timers let it: blocks of tasks, gateways, events
// and sub-processes in each other, with boundary events, mappings and loops. The model has the process "random" and
// what it may call. Conditions and keys use the variables a (number), b (boolean), c (text), key and again (boolean).
func Generate(pick Choice) (model string) {
	g := &generator{pick: pick}
	child := g.process("called", 1)
	g.calls = true // only now: a process that calls itself without end would be one more kind of random
	main := g.process("random", 3)
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://payhub.example/random">
`)
	for i := range messageNames {
		fmt.Fprintf(&b, `  <bpmn:message id="m%d" name="%s"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>
`, i, messageNames[i])
	}
	for i := range errorCodes {
		fmt.Fprintf(&b, "  <bpmn:error id=\"e%d\" errorCode=\"%s\"/>\n", i, errorCodes[i])
	}
	b.WriteString(main)
	b.WriteString(child)
	b.WriteString("</bpmn:definitions>\n")
	return b.String()
}

var (
	messageNames = []string{"paid", "refused", "asked"}
	errorCodes   = []string{"REJECTED", "TIMED_OUT"}
	conditions   = []string{"=a &gt; 1", "=b", `=c = "x"`, "=a &lt;= 1 and b", "=not(b) or a = 3"}
	timers       = []string{"PT1H", "PT2H", "PT3H", "=wait"}
)

type generator struct {
	pick  Choice
	count int
	calls bool // whether call activities may be made
}

// scope is what lies in one process or sub-process.
type scope struct {
	nodes []*element
	flows []string
}

// element is one flow node under construction.
type element struct {
	kind, id, attributes, extensions, body string
	in, out                                []string
}

func (g *generator) process(id string, depth int) string {
	s := &scope{}
	g.fill(s, depth)
	return fmt.Sprintf("  <bpmn:process id=\"%s\" isExecutable=\"true\">\n%s  </bpmn:process>\n", id, s)
}

// fill puts a start event, a block and an end event into a scope.
func (g *generator) fill(s *scope, depth int) {
	start := g.add(s, "startEvent", "", "")
	first, last := g.block(s, depth)
	g.flow(s, start, first, "")
	g.flow(s, last, g.end(s), "")
}

func (g *generator) end(s *scope) *element {
	if g.pick(8) == 7 {
		return g.add(s, "endEvent", "", fmt.Sprintf(`<bpmn:errorEventDefinition errorRef="e%d"/>`, g.pick(len(errorCodes))))
	}
	return g.add(s, "endEvent", "", "")
}

func (g *generator) add(s *scope, kind, attributes, body string) *element {
	g.count++
	e := &element{kind: kind, id: fmt.Sprintf("%s_%d", strings.ToLower(kind[:4]), g.count), attributes: attributes, body: body}
	s.nodes = append(s.nodes, e)
	return e
}

func (g *generator) flow(s *scope, from, to *element, condition string) string {
	g.count++
	id := fmt.Sprintf("f_%d", g.count)
	from.out, to.in = append(from.out, id), append(to.in, id)
	if condition != "" {
		condition = `<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">` + condition + `</bpmn:conditionExpression>`
	}
	s.flows = append(s.flows, fmt.Sprintf(`<bpmn:sequenceFlow id="%s" sourceRef="%s" targetRef="%s">%s</bpmn:sequenceFlow>`,
		id, from.id, to.id, condition))
	return id
}

// block adds a part with one way in and one way out.
func (g *generator) block(s *scope, depth int) (first, last *element) {
	simple := []func(*scope) *element{g.service, g.service, g.undefined, g.receive, g.catchMessage, g.catchTimer}
	if depth <= 0 {
		e := simple[g.pick(len(simple))](s)
		return e, e
	}
	switch g.pick(10) {
	case 3:
		return g.split(s, depth, "exclusiveGateway")
	case 4:
		return g.split(s, depth, "parallelGateway")
	case 5:
		return g.eventBased(s, depth)
	case 6:
		return g.loop(s, depth)
	case 7:
		e := g.subProcess(s, depth)
		return e, e
	case 8:
		if g.calls {
			e := g.call(s)
			return e, e
		}
	case 9:
		a, b := g.block(s, depth-1)
		c, d := g.block(s, depth-1)
		g.flow(s, b, c, "")
		return a, d
	}
	e := simple[g.pick(len(simple))](s)
	return e, e
}

func (g *generator) service(s *scope) *element {
	e := g.add(s, "serviceTask", "", "")
	e.extensions = fmt.Sprintf(`<zeebe:taskDefinition type="%s"/>`, []string{"work", "check", `=c + &quot;-job&quot;`}[g.pick(5)%3]) + g.mapping()
	g.boundaries(s, e, true)
	return e
}

func (g *generator) mapping() string {
	return []string{
		"", "", "",
		`<zeebe:ioMapping><zeebe:input source="=a" target="local"/></zeebe:ioMapping>`,
		`<zeebe:ioMapping><zeebe:input source="=a + 1" target="a"/><zeebe:output source="=a" target="result.a"/></zeebe:ioMapping>`,
		`<zeebe:ioMapping><zeebe:output source="=b" target="b"/></zeebe:ioMapping>`,
	}[g.pick(6)]
}

func (g *generator) undefined(s *scope) *element {
	e := g.add(s, []string{"task", "manualTask"}[g.pick(2)], "", "")
	e.extensions = g.mapping()
	return e
}

func (g *generator) receive(s *scope) *element {
	e := g.add(s, "receiveTask", fmt.Sprintf(` messageRef="m%d"`, g.pick(2)), "") // the third may be a boundary event's
	g.boundaries(s, e, false)
	return e
}

func (g *generator) catchMessage(s *scope) *element {
	e := g.add(s, "intermediateCatchEvent", "", g.messageEvent(g.pick(len(messageNames))))
	e.extensions = g.mapping()
	return e
}

func (g *generator) catchTimer(s *scope) *element {
	return g.add(s, "intermediateCatchEvent", "", g.timerEvent("timeDuration", timers[g.pick(len(timers))]))
}

func (g *generator) messageEvent(i int) string {
	return fmt.Sprintf(`<bpmn:messageEventDefinition messageRef="m%d"/>`, i)
}

func (g *generator) timerEvent(kind, text string) string {
	return fmt.Sprintf(`<bpmn:timerEventDefinition><bpmn:%s xsi:type="bpmn:tFormalExpression">%s</bpmn:%[1]s></bpmn:timerEventDefinition>`, kind, text)
}

// split adds a gateway, two or three branches and the gateway that joins them.
func (g *generator) split(s *scope, depth int, kind string) (first, last *element) {
	fork, join := g.add(s, kind, "", ""), g.add(s, kind, "", "")
	n := 2 + g.pick(2)
	for i := range n {
		condition := ""
		if kind == "exclusiveGateway" && i < n-1 {
			condition = conditions[g.pick(len(conditions))]
		}
		var in string
		if g.pick(4) == 3 {
			in = g.flow(s, fork, join, condition)
		} else {
			a, b := g.block(s, depth-1)
			in = g.flow(s, fork, a, condition)
			g.flow(s, b, join, "")
		}
		if kind == "exclusiveGateway" && i == n-1 {
			fork.attributes = fmt.Sprintf(` default="%s"`, in)
		}
	}
	return fork, join
}

func (g *generator) eventBased(s *scope, depth int) (first, last *element) {
	gate, join := g.add(s, "eventBasedGateway", "", ""), g.add(s, "exclusiveGateway", "", "")
	for i := range 2 + g.pick(2) {
		var e *element
		if i == 0 && g.pick(2) == 0 {
			e = g.catchTimer(s)
		} else {
			e = g.add(s, "intermediateCatchEvent", "", g.messageEvent(i))
		}
		g.flow(s, gate, e, "")
		if g.pick(2) == 0 {
			a, b := g.block(s, depth-1)
			g.flow(s, e, a, "")
			e = b
		}
		g.flow(s, e, join, "")
	}
	return gate, join
}

func (g *generator) loop(s *scope, depth int) (first, last *element) {
	merge, again := g.add(s, "exclusiveGateway", "", ""), g.add(s, "exclusiveGateway", "", "")
	task := g.service(s)
	a, b := g.block(s, depth-1)
	g.flow(s, merge, task, "")
	g.flow(s, task, a, "")
	g.flow(s, b, again, "")
	g.flow(s, again, merge, "=again")
	after := g.undefined(s)
	again.attributes = fmt.Sprintf(` default="%s"`, g.flow(s, again, after, ""))
	return merge, after
}

func (g *generator) subProcess(s *scope, depth int) *element {
	inner := &scope{}
	g.fill(inner, depth-1)
	e := g.add(s, "subProcess", "", inner.String())
	e.extensions = g.mapping()
	g.boundaries(s, e, true)
	return e
}

func (g *generator) call(s *scope) *element {
	e := g.add(s, "callActivity", "", "")
	e.extensions = fmt.Sprintf(`<zeebe:calledElement processId="%s" propagateAllChildVariables="%v"/>`,
		[]string{"called", "called", "called", "nowhere"}[g.pick(4)], g.pick(2) == 0)
	g.boundaries(s, e, true)
	return e
}

// boundaries may attach boundary events, each with a way to an end event of its own.
func (g *generator) boundaries(s *scope, host *element, errors bool) {
	bodies := []string{
		g.timerEvent("timeDuration", "PT2H"), g.timerEvent("timeCycle", "R2/PT1H"), g.messageEvent(2),
		fmt.Sprintf(`<bpmn:errorEventDefinition errorRef="e%d"/>`, g.pick(len(errorCodes))), `<bpmn:errorEventDefinition/>`,
	}
	for range g.pick(3) {
		i := g.pick(len(bodies))
		if bodies[i] == "" || i >= 3 && !errors {
			continue
		}
		interrupting := i >= 3 || i != 1 && g.pick(2) == 0
		e := g.add(s, "boundaryEvent", fmt.Sprintf(` attachedToRef="%s" cancelActivity="%v"`, host.id, interrupting), bodies[i])
		bodies[i] = ""
		after, last := e, g.add(s, "endEvent", "", "")
		if g.pick(3) == 0 {
			after = g.service(s)
			g.flow(s, e, after, "")
		}
		g.flow(s, after, last, "")
	}
}

func (s *scope) String() string {
	var b strings.Builder
	for _, e := range s.nodes {
		fmt.Fprintf(&b, `    <bpmn:%s id="%s"%s>`, e.kind, e.id, e.attributes)
		if e.extensions != "" {
			fmt.Fprintf(&b, "<bpmn:extensionElements>%s</bpmn:extensionElements>", e.extensions)
		}
		for _, id := range e.in {
			fmt.Fprintf(&b, "<bpmn:incoming>%s</bpmn:incoming>", id)
		}
		for _, id := range e.out {
			fmt.Fprintf(&b, "<bpmn:outgoing>%s</bpmn:outgoing>", id)
		}
		fmt.Fprintf(&b, "%s</bpmn:%s>\n", e.body, e.kind)
	}
	for _, f := range slices.Clone(s.flows) {
		fmt.Fprintf(&b, "    %s\n", f)
	}
	return b.String()
}
