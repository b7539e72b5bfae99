package feel

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

var regexFunctions = []builtin{
	def("matches", "input s, pattern s", matchesText),
	def("matches", "input s, pattern s, flags s?", matchesText),
	def("replace", "input s, pattern s, replacement s", replaceText),
	def("replace", "input s, pattern s, replacement s, flags s?", replaceText),
	def("split", "string s, delimiter s", splitText),
	def("extract", "input s, pattern s", extractText),
}

// prepareSearch prepares a pattern for a text. ok is false, with a warning, when the pattern is invalid.
func prepareSearch(m *machine, name, text, pattern, flags string) (*matcher, bool) {
	re, err := cachedRegex(m, pattern, flags)
	if err != nil {
		m.refuse(name, err.Error())
		return nil, false
	}
	return newMatcher(re, text), true
}

// nextMatch finds the next match from a position on; it ends the evaluation when the pattern needs too many steps.
func nextMatch(m *machine, s *matcher, from int) bool {
	found, err := s.find(from)
	if err != nil {
		m.fail(fmt.Errorf("%w: %w", ErrBudget, err))
	}
	return found && m.step(1)
}

// after is where to look for the next match: a match of nothing is not found twice.
func (s *matcher) after() int {
	if s.slots[0] < s.slots[1] {
		return s.slots[1]
	}
	_, size := utf8.DecodeRuneInString(s.text[s.slots[1]:])
	return s.slots[1] + max(size, 1)
}

func (s *matcher) group(n int) string {
	if s.slots[2*n] < 0 || s.slots[2*n+1] < s.slots[2*n] {
		return ""
	}
	return s.text[s.slots[2*n]:s.slots[2*n+1]]
}

func flagsOf(args []Value, at int) string {
	if len(args) <= at {
		return ""
	}
	flags, _ := args[at].AsString()
	return flags
}

func matchesText(m *machine, args []Value) Value {
	s, ok := prepareSearch(m, "matches", args[0].str(), args[1].str(), flagsOf(args, 2))
	if !ok {
		return Null
	}
	return Bool(nextMatch(m, s, 0))
}

func extractText(m *machine, args []Value) Value {
	s, ok := prepareSearch(m, "extract", args[0].str(), args[1].str(), "")
	if !ok {
		return Null
	}
	var found []Value
	for at := 0; nextMatch(m, s, at); at = s.after() {
		found = append(found, String(s.group(0)))
	}
	return newList(m, found)
}

// splitText keeps empty parts, but none before a match of nothing at the beginning (Java's split with limit -1).
func splitText(m *machine, args []Value) Value {
	text := args[0].str()
	s, ok := prepareSearch(m, "split", text, args[1].str(), "")
	if !ok {
		return Null
	}
	var parts []Value
	from := 0
	for at := 0; nextMatch(m, s, at); at = s.after() {
		if s.slots[1] == 0 || text == "" {
			continue
		}
		parts = append(parts, String(text[from:s.slots[0]]))
		from = s.slots[1]
	}
	return newList(m, append(parts, String(text[from:])))
}

func replaceText(m *machine, args []Value) Value {
	text := args[0].str()
	s, ok := prepareSearch(m, "replace", text, args[1].str(), flagsOf(args, 3))
	if !ok {
		return Null
	}
	var b strings.Builder
	from := 0
	for at := 0; nextMatch(m, s, at); at = s.after() {
		b.WriteString(text[from:s.slots[0]])
		before := b.Len()
		if !s.expand(&b, args[2].str()) {
			return m.refuse("replace", "Invalid pattern '"+clip(args[1].str())+"'")
		}
		if !m.grow(b.Len() - before + 1) {
			return Null
		}
		from = s.slots[1]
	}
	b.WriteString(text[from:])
	if !m.grow(len(text)) {
		return Null
	}
	return String(b.String())
}

// expand writes a replacement: $n and ${name} stand for groups, a backslash makes the next character literal. false
// when it refers to a group that is not there.
func (s *matcher) expand(b *strings.Builder, replacement string) bool {
	for i := 0; i < len(replacement); {
		c := replacement[i]
		i++
		switch {
		case c == '\\':
			if i == len(replacement) {
				return false
			}
			b.WriteByte(replacement[i])
			i++
		case c != '$':
			b.WriteByte(c)
		default:
			n, end := s.groupReference(replacement, i)
			if n < 0 {
				return false
			}
			b.WriteString(s.group(n))
			i = end
		}
	}
	return true
}

// groupReference reads the reference at i; -1 when there is no such group.
func (s *matcher) groupReference(replacement string, i int) (n, end int) {
	rest := replacement[i:]
	if strings.HasPrefix(rest, "{") {
		name, _, closed := strings.Cut(rest[1:], "}")
		n, known := s.re.names[name]
		if !closed || !known {
			return -1, i
		}
		return n, i + len(name) + 2
	}
	if rest == "" || !isDigit(rest[0]) {
		return -1, i
	}
	n = int(rest[0] - '0')
	if n >= s.re.groups {
		return -1, i
	}
	end = i + 1
	for end < len(replacement) && isDigit(replacement[end]) && n*10+int(replacement[end]-'0') < s.re.groups {
		n = n*10 + int(replacement[end]-'0')
		end++
	}
	return n, end
}
