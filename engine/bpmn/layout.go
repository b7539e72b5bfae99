package bpmn

// diagram is where the elements of a converted workflow are drawn, in pixels.
type diagram struct {
	shapes []shape
	edges  []edge
}

type shape struct {
	node                *node
	x, y, width, height int
}

type edge struct {
	node   *node
	points []point
}

type point struct{ x, y int }

// The grid: one row of elements from left to right, end events of branches
// below it, jumps in lanes of their own: forward below, backward above.
const (
	rowY     = 300
	endY     = 400
	columnX  = 160
	gap      = 60
	laneStep = 20
)

// layOut draws a workflow: its elements in the order in which they stand in
// the process, each flow to the next one straight, each jump around the row.
func layOut(process *node) diagram {
	l := layout{at: map[*node]int{}, byID: map[string]*node{}, x: columnX}
	for _, n := range process.children {
		l.byID[n.id()] = n
	}
	for _, n := range rowOrder(process, l.byID) {
		l.place(n)
	}
	for _, n := range process.children {
		if n.name == "sequenceFlow" {
			l.connect(n)
		}
	}
	return l.diagram
}

type layout struct {
	diagram
	// at is the index of a node in shapes.
	at    map[*node]int
	byID  map[string]*node
	x     int
	above int
	below int
}

// rowOrder is the start event, then each task with the gateway and the end
// event that belong to it.
func rowOrder(process *node, byID map[string]*node) []*node {
	var row []*node
	placed := map[*node]bool{}
	add := func(n *node) {
		if !placed[n] {
			placed[n] = true
			row = append(row, n)
		}
	}
	for _, n := range process.children {
		if n.name != "startEvent" && n.name != "serviceTask" {
			continue
		}
		add(n)
		for _, out := range n.childrenNamed(bpmnNamespace, "outgoing") {
			if target := byID[byID[out.text].value("targetRef")]; target.name == "exclusiveGateway" || target.name == "endEvent" {
				add(target)
			}
		}
	}
	return row
}

func (l *layout) place(n *node) {
	s := shape{node: n, width: 100, height: 80}
	switch n.name {
	case "startEvent", "endEvent":
		s.width, s.height = 36, 36
	case "exclusiveGateway":
		s.width, s.height = 50, 50
	}
	s.x, s.y = l.x, rowY-s.height/2
	if n.name == "endEvent" {
		before := l.shapes[len(l.shapes)-1]
		s.x, s.y = before.x+before.width/2-s.width/2, endY-s.height/2
	} else {
		l.x += s.width + gap
	}
	l.at[n] = len(l.shapes)
	l.shapes = append(l.shapes, s)
}

func (l *layout) connect(flow *node) {
	from := l.shapes[l.at[l.byID[flow.value("sourceRef")]]]
	to := l.shapes[l.at[l.byID[flow.value("targetRef")]]]
	var points []point
	switch {
	case to.node.name == "endEvent":
		points = []point{{from.x + from.width/2, from.y + from.height}, {to.x + to.width/2, to.y}}
	case to.x == from.x+from.width+gap:
		points = []point{{from.x + from.width, rowY}, {to.x, rowY}}
	case to.x > from.x:
		l.below++
		points = around(from.x+from.width/2, from.y+from.height, to.x+to.width/2, to.y+to.height, endY+50+l.below*laneStep)
	default:
		l.above++
		points = around(from.x+from.width/2, from.y, to.x+to.width/2, to.y, rowY-60-l.above*laneStep)
	}
	l.edges = append(l.edges, edge{flow, points})
}

// around leads from one element to another through a lane beside the row.
func around(fromX, fromY, toX, toY, lane int) []point {
	return []point{{fromX, fromY}, {fromX, lane}, {toX, lane}, {toX, toY}}
}
