package oracle

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// graph is what the explorer knows of a flow: just enough of the BPMN file to choose a way through it. It is read by a
// reader of its own, so that it does not share a mistake with the engine's.
type graph struct {
	Process string // id of the first executable process
	Nodes   map[string]*node
	Flows   map[string]*flow
	Order   []string // flow ids in document order
	Keys    []string // correlation keys: expressions whose variables a run must have
	Timers  []string // timers, likewise
}

type node struct {
	ID       string
	Kind     string   // XML name: serviceTask…
	Event    string   // message, timer, error or "" for events
	Message  string   // name of the message a receive task or catch event waits for
	Default  string   // default flow
	Attached string   // for boundary events: the activity
	Out      []string // outgoing flows in document order
	Boundary []string // boundary events attached to this node
}

type flow struct{ ID, From, To, Condition string }

var activities = map[string]bool{
	"startEvent": true, "endEvent": true, "serviceTask": true, "receiveTask": true, "exclusiveGateway": true,
	"parallelGateway": true, "eventBasedGateway": true, "intermediateCatchEvent": true, "boundaryEvent": true,
	"callActivity": true, "task": true, "sendTask": true, "manualTask": true, "subProcess": true, "userTask": true,
	"scriptTask": true, "businessRuleTask": true,
}

// readGraph reads the first executable process of a BPMN file.
func readGraph(content string) (*graph, error) {
	g := &graph{Nodes: map[string]*node{}, Flows: map[string]*flow{}}
	names, refs := map[string]string{}, map[string]string{} // message id → name; node → message id
	var at *node
	var through *flow
	var text strings.Builder
	d := xml.NewDecoder(strings.NewReader(content))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			text.Reset()
			a := attributes(x)
			switch name := x.Name.Local; {
			case name == "process":
				if g.Process == "" && a["isExecutable"] == "true" {
					g.Process = a["id"]
				}
			case name == "message":
				names[a["id"]] = a["name"]
			case name == "subscription":
				g.Keys = append(g.Keys, a["correlationKey"])
			case activities[name]:
				at = &node{ID: a["id"], Kind: name, Default: a["default"], Attached: a["attachedToRef"]}
				g.Nodes[at.ID] = at
				if ref := a["messageRef"]; ref != "" {
					refs[at.ID] = ref
				}
			case name == "sequenceFlow":
				through = &flow{ID: a["id"], From: a["sourceRef"], To: a["targetRef"]}
				g.Flows[through.ID], g.Order = through, append(g.Order, through.ID)
			case strings.HasSuffix(name, "EventDefinition") && at != nil:
				at.Event = strings.TrimSuffix(name, "EventDefinition")
				if ref := a["messageRef"]; ref != "" {
					refs[at.ID] = ref
				}
			}
		case xml.CharData:
			text.Write(x)
		case xml.EndElement:
			switch x.Name.Local {
			case "conditionExpression":
				if through != nil {
					through.Condition = strings.TrimSpace(text.String())
				}
			case "timeDuration", "timeCycle", "timeDate":
				g.Timers = append(g.Timers, strings.TrimSpace(text.String()))
			}
		}
	}
	if g.Process == "" {
		return nil, fmt.Errorf("no executable process")
	}
	g.connect(names, refs)
	return g, nil
}

func attributes(x xml.StartElement) map[string]string {
	out := map[string]string{}
	for _, a := range x.Attr {
		out[a.Name.Local] = a.Value
	}
	return out
}

func (g *graph) connect(names, refs map[string]string) {
	for _, id := range g.Order {
		f := g.Flows[id]
		if from := g.Nodes[f.From]; from != nil {
			from.Out = append(from.Out, id)
		}
	}
	for _, id := range sorted(g.Nodes) {
		n := g.Nodes[id]
		n.Message = names[refs[id]]
		if host := g.Nodes[n.Attached]; host != nil {
			host.Boundary = append(host.Boundary, id)
		}
	}
}

// behind returns the flow from an event-based gateway to one of its events, "" for other nodes: Zeebe writes no record
// of taking it, the event's own is the sign.
func (g *graph) behind(event string) string {
	for _, id := range g.Order {
		f := g.Flows[id]
		if from := g.Nodes[f.From]; f.To == event && from != nil && from.Kind == "eventBasedGateway" {
			return id
		}
	}
	return ""
}
