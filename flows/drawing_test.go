package flows_test

import (
	"strconv"
	"testing"
)

type point struct{ x, y int }

type box struct{ x, y, w, h int }

// touches says whether a point is on or in the box, give or take a pixel of rounding.
func (b box) touches(p point) bool {
	return p.x >= b.x-1 && p.x <= b.x+b.w+1 && p.y >= b.y-1 && p.y <= b.y+b.h+1
}

func (b box) overlaps(c box) bool {
	return b.x < c.x+c.w && c.x < b.x+b.w && b.y < c.y+c.h && c.y < b.y+b.h
}

// drawing reads the diagram: boxes by element, waypoints by flow.
func drawing(t *testing.T, m model) (map[string]box, map[string][]point) {
	t.Helper()
	of := map[string]string{} // shape or edge → element
	boxes, edges := map[string]box{}, map[string][]point{}
	for _, n := range m.nodes {
		number := func(name string) int {
			v, err := strconv.Atoi(n.attrs[name])
			if err != nil {
				t.Errorf("%s: %s of %s: %v", m.flow.File, name, n.owner, err)
			}
			return v
		}
		switch {
		case n.name == "BPMNShape" || n.name == "BPMNEdge":
			of[n.owner] = n.attrs["bpmnElement"]
		case n.name == "Bounds" && n.parent == "BPMNShape":
			boxes[of[n.owner]] = box{number("x"), number("y"), number("width"), number("height")}
		case n.name == "waypoint":
			edges[of[n.owner]] = append(edges[of[n.owner]], point{number("x"), number("y")})
		}
	}
	boundary := map[string]bool{}
	for _, n := range m.all("boundaryEvent") {
		boundary[n.owner] = true
	}
	for a, x := range boxes {
		for b, y := range boxes {
			if a < b && !boundary[a] && !boundary[b] && x.overlaps(y) {
				t.Errorf("%s: %s is drawn over %s", m.flow.File, a, b)
			}
		}
	}
	return boxes, edges
}
