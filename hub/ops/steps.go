package ops

import (
	"strconv"
	"strings"
)

// maxStepsText bounds the steps that are kept of one instance, in bytes; a flow that loops for
// ever keeps its first ones.
const maxStepsText = 64 << 10

// The marks of a line of steps.
const (
	Entered   = 'a' // the element was activated
	Left      = 'c' // it completed
	Destroyed = 't' // it was terminated
)

// AppendStep adds one line to the text that holds an instance's steps: mark, time, element and,
// when it is entered, its type, with tabs between them.
func AppendStep(text []byte, mark byte, at int64, elementID, elementType string) []byte {
	text = append(text, mark)
	text = strconv.AppendInt(text, at, 10)
	text = append(append(text, '\t'), elementID...)
	if mark == Entered {
		text = append(append(text, '\t'), elementType...)
	}
	return append(text, '\n')
}

// readSteps reads the lines of AppendStep. An element that ended closes the first open step of
// its id.
func readSteps(text string) []Step {
	var steps []Step
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		time, element, _ := strings.Cut(line[1:], "\t")
		at, err := strconv.ParseInt(time, 10, 64)
		if err != nil {
			continue
		}
		if line[0] == Entered {
			id, elementType, _ := strings.Cut(element, "\t")
			steps = append(steps, Step{ElementID: id, Type: elementType, State: "ACTIVE", EnteredAt: at})
			continue
		}
		state := "COMPLETED"
		if line[0] == Destroyed {
			state = "TERMINATED"
		}
		for i := range steps {
			if steps[i].ElementID == element && steps[i].LeftAt == 0 {
				steps[i].State, steps[i].LeftAt = state, at
				break
			}
		}
	}
	return steps
}
