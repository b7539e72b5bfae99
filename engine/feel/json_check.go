package feel

import "unicode/utf8"

// jsonChecker walks over JSON text (RFC 8259) and remembers the first mistake.
type jsonChecker struct {
	raw []byte
	at  int
	err string
}

func (s *jsonChecker) fail(at int, why string) int {
	if s.err == "" {
		s.at, s.err = at, why
	}
	return len(s.raw)
}

func (s *jsonChecker) space(i int) int { return skipSpace(s.raw, i) }

func (s *jsonChecker) byteAt(i int) byte {
	if i < len(s.raw) {
		return s.raw[i]
	}
	return 0
}

// value checks the value that starts at i and returns its end.
func (s *jsonChecker) value(i, depth int) int {
	if depth > MaxJSONDepth {
		return s.fail(i, "nested too deep")
	}
	switch c := s.byteAt(i); {
	case i >= len(s.raw):
		return s.fail(i, "unexpected end, expected a value")
	case c == '"':
		return s.str(i)
	case c == '{':
		return s.object(i, depth)
	case c == '[':
		return s.array(i, depth)
	case c == '-' || isDigit(c):
		return s.number(i)
	default:
		for _, word := range [...]string{"true", "false", "null"} {
			if end := i + len(word); end <= len(s.raw) && string(s.raw[i:end]) == word {
				return end
			}
		}
		return s.fail(i, "expected a value")
	}
}

func (s *jsonChecker) object(i, depth int) int {
	i = s.space(i + 1)
	if s.byteAt(i) == '}' {
		return i + 1
	}
	for s.err == "" {
		if s.byteAt(i) != '"' {
			return s.fail(i, "expected a quoted name or '}'")
		}
		i = s.space(s.str(i))
		if s.byteAt(i) != ':' {
			return s.fail(i, "expected ':'")
		}
		i = s.space(s.value(s.space(i+1), depth+1))
		switch s.byteAt(i) {
		case '}':
			return i + 1
		case ',':
			i = s.space(i + 1)
		default:
			return s.fail(i, "expected ',' or '}'")
		}
	}
	return i
}

func (s *jsonChecker) array(i, depth int) int {
	i = s.space(i + 1)
	if s.byteAt(i) == ']' {
		return i + 1
	}
	for s.err == "" {
		i = s.space(s.value(i, depth+1))
		switch s.byteAt(i) {
		case ']':
			return i + 1
		case ',':
			i = s.space(i + 1)
		default:
			return s.fail(i, "expected ',' or ']'")
		}
	}
	return i
}

func (s *jsonChecker) str(i int) int {
	start := i
	for i++; i < len(s.raw); i++ {
		switch c := s.raw[i]; {
		case c == '"':
			if !utf8.Valid(s.raw[start:i]) {
				return s.fail(start, "string is not UTF-8")
			}
			return i + 1
		case c < ' ':
			return s.fail(i, "control character in a string")
		case c == '\\':
			i++
			if e := s.byteAt(i); e == 'u' {
				if _, ok := hex4(s.raw, i+1); !ok {
					return s.fail(i, "expected four hex digits after \\u")
				}
			} else if !isJSONEscape(e) {
				return s.fail(i, "unknown escape in a string")
			}
		}
	}
	return s.fail(i, "string is not closed")
}

func isJSONEscape(c byte) bool {
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	}
	return false
}

func (s *jsonChecker) number(i int) int {
	start := i
	if s.raw[i] == '-' {
		i++
	}
	switch c := s.byteAt(i); {
	case c == '0':
		i++
	case isDigit(c):
		i = s.digits(i)
	default:
		return s.fail(i, "expected a digit")
	}
	if s.byteAt(i) == '.' {
		i = s.digits(i + 1)
	}
	if c := s.byteAt(i); c == 'e' || c == 'E' {
		i++
		if c := s.byteAt(i); c == '+' || c == '-' {
			i++
		}
		i = s.digits(i)
	}
	if s.err == "" {
		if _, ok := parseNumber(alias(s.raw[start:i])); !ok {
			return s.fail(start, "number is out of range")
		}
	}
	return i
}

// digits checks that there is at least one digit and returns the end of all.
func (s *jsonChecker) digits(i int) int {
	if !isDigit(s.byteAt(i)) {
		return s.fail(i, "expected a digit")
	}
	for isDigit(s.byteAt(i)) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
