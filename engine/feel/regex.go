package feel

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Regular expressions of matches, replace, split and extract are Java's (java.util.regex): with back-references,
// look-around, atomic groups and possessive quantifiers, which Go's regexp does not have. They backtrack, so the work is
// counted: an expression that explodes ends the evaluation with ErrBudget, always at the same step.

const (
	maxRegexSteps = 2_000_000 // instructions of one call
	maxRegexStack = 500_000   // alternatives that wait at a time
	maxRegexCode  = 5_000     // instructions of one pattern
	maxRegexDepth = 200       // nested groups
	maxRegexes    = 64        // compiled patterns that a machine remembers
)

type opcode uint8

const (
	opRune   opcode = iota // one character of a set
	opSplit                // try x, then y
	opJump                 // to x
	opSave                 // the position in slot x
	opAssert               // a condition on the position
	opBack                 // the text of group x again
	opLook                 // look-around with the program sub
	opAtomic               // the program sub, without going back into it
	opMark                 // remember the position in counter x: a round of a loop begins
	opMoved                // fail when nothing was read since opMark of counter x
	opMatch
)

type instruction struct {
	op     opcode
	x, y   int
	set    func(r rune) bool
	assert func(text string, at int) bool
	sub    []instruction
	negate bool // of opLook
	behind bool // of opLook
	fold   bool // of opBack
}

// regex is a compiled pattern.
type regex struct {
	code     []instruction
	groups   int // with group 0, the whole match
	names    map[string]int
	counters int
}

// frame is a point to go back to: a place in the code and the text, or a slot to restore (pc < 0).
type frame struct {
	pc, at     int
	slot, slow int
}

// matcher runs a regex over a text.
type matcher struct {
	re    *regex
	text  string
	slots []int
	steps int
}

var errRegexSteps = errors.New("more steps than a regular expression may take")

func newMatcher(re *regex, text string) *matcher {
	return &matcher{re: re, text: text, steps: maxRegexSteps, slots: make([]int, 2*re.groups+re.counters)}
}

// find looks for the first match that begins at from or later. The groups are in slots.
func (m *matcher) find(from int) (bool, error) {
	for at := from; at <= len(m.text); {
		for i := range m.slots {
			m.slots[i] = -1
		}
		m.steps -= len(m.slots) / 8
		end, err := m.run(m.re.code, at)
		if err != nil {
			return false, err
		}
		if end >= 0 {
			m.slots[0], m.slots[1] = at, end
			return true, nil
		}
		_, size := utf8.DecodeRuneInString(m.text[at:])
		at += max(size, 1)
	}
	return false, nil
}

// run executes a program from a position; it returns where the match ends, or -1.
func (m *matcher) run(code []instruction, at int) (int, error) {
	var stack []frame
	pc := 0
	for {
		if m.steps--; m.steps < 0 || len(stack) > maxRegexStack {
			return -1, errRegexSteps
		}
		in := &code[pc]
		ok := true
		switch in.op {
		case opMatch:
			return at, nil
		case opJump:
			pc = in.x
			continue
		case opSplit:
			stack = append(stack, frame{pc: in.y, at: at})
			pc = in.x
			continue
		case opSave, opMark:
			stack = append(stack, frame{pc: -1, slot: in.x, slow: m.slots[in.x]})
			m.slots[in.x] = at
		case opMoved:
			ok = m.slots[in.x] != at
		case opAtomic:
			saved := m.saved()
			end, err := m.run(in.sub, at)
			if err != nil {
				return -1, err
			}
			if ok = end >= 0; ok {
				stack = m.remember(stack, saved)
				at = end
			}
		case opLook:
			found, err := m.look(in, at, &stack)
			if err != nil {
				return -1, err
			}
			ok = found != in.negate
		default:
			at, ok = m.consume(in, at)
		}
		if ok {
			pc++
			continue
		}
		if stack, pc, at = m.back(stack); pc < 0 {
			return -1, nil
		}
	}
}

// consume carries out the instructions that only read.
func (m *matcher) consume(in *instruction, at int) (int, bool) {
	switch in.op {
	case opRune:
		if at >= len(m.text) {
			return at, false
		}
		r, size := utf8.DecodeRuneInString(m.text[at:])
		return at + size, in.set(r)
	case opAssert:
		return at, in.assert(m.text, at)
	default: // opBack
		from, to := m.slots[2*in.x], m.slots[2*in.x+1]
		if from < 0 || to < from {
			return at, false
		}
		return matchAgain(m.text, at, m.text[from:to], in.fold)
	}
}

// back pops to the last alternative, undoing what was saved since.
func (m *matcher) back(stack []frame) (rest []frame, pc, at int) {
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if f.pc >= 0 {
			return stack, f.pc, f.at
		}
		m.slots[f.slot] = f.slow
	}
	return stack, -1, 0
}

func (m *matcher) saved() []int {
	m.steps -= len(m.slots)
	return append([]int(nil), m.slots...)
}

// remember makes the changes of slots since saved undoable.
func (m *matcher) remember(stack []frame, saved []int) []frame {
	for i, old := range saved {
		if m.slots[i] != old {
			stack = append(stack, frame{pc: -1, slot: i, slow: old})
		}
	}
	return stack
}

// look runs a look-around. Groups that a positive one finds stay.
func (m *matcher) look(in *instruction, at int, stack *[]frame) (bool, error) {
	saved := m.saved()
	first := at
	if in.behind {
		first = 0
	}
	for start := at; start >= first; start-- {
		if in.behind && start < len(m.text) && !utf8.RuneStart(m.text[start]) {
			continue
		}
		end, err := m.run(in.sub, start)
		if err != nil {
			return false, err
		}
		if end >= 0 && (!in.behind || end == at) {
			if in.negate {
				copy(m.slots, saved)
			} else {
				*stack = m.remember(*stack, saved)
			}
			return true, nil
		}
		copy(m.slots, saved)
		m.steps -= len(saved) / 8
	}
	return false, nil
}

// matchAgain compares the text at a position with the text of a group.
func matchAgain(text string, at int, group string, fold bool) (int, bool) {
	for group != "" {
		if at >= len(text) {
			return at, false
		}
		want, n := utf8.DecodeRuneInString(group)
		got, size := utf8.DecodeRuneInString(text[at:])
		if want != got && !(fold && sameFold(want, got)) {
			return at, false
		}
		group, at = group[n:], at+size
	}
	return at, true
}

// cachedRegex compiles a pattern or takes it from the ones used before.
func cachedRegex(m *machine, pattern, flags string) (*regex, error) {
	key := flags + "/" + pattern
	if re, known := m.regexes[key]; known {
		return re, nil
	}
	re, err := compileRegex(pattern, flags)
	if err != nil {
		return nil, fmt.Errorf("Invalid pattern '%s'", clip(pattern))
	}
	if m.regexes == nil || len(m.regexes) >= maxRegexes {
		m.regexes = make(map[string]*regex)
	}
	m.regexes[key] = re
	return re, nil
}
