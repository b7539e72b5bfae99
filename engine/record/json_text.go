package record

import (
	"fmt"
	"unicode/utf8"
)

// maxJSONDepth bounds the nesting of a variable's value; Jackson, which Zeebe reads JSON with,
// has the same bound.
const maxJSONDepth = 1000

// scanner checks JSON text (RFC 8259) and copies it without its insignificant space.
type scanner struct {
	src []byte
	at  int
	out []byte
}

// errorf is an error that says where in the text it is.
func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("invalid JSON at byte %d: %s", s.at, fmt.Sprintf(format, args...))
}

// space skips insignificant space.
func (s *scanner) space() {
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

// value copies the next value.
func (s *scanner) value() error {
	depth := 0
	var open [maxJSONDepth/64 + 1]uint64 // bit d: the container at depth d is an object
	for {
		s.space()
		c := s.peek()
		switch {
		case c == '{' || c == '[':
			if depth == maxJSONDepth {
				return s.errorf("nested deeper than %d", maxJSONDepth)
			}
			s.copy(1)
			s.space()
			closing := byte(']')
			open[depth/64] &^= 1 << (depth % 64)
			if c == '{' {
				closing = '}'
				open[depth/64] |= 1 << (depth % 64)
			}
			depth++
			if s.peek() != closing {
				if c == '{' {
					if err := s.memberName(); err != nil {
						return err
					}
				}
				continue
			}
		case c == '"':
			if err := s.text(); err != nil {
				return err
			}
		case c == '-' || c >= '0' && c <= '9':
			if err := s.number(); err != nil {
				return err
			}
		default:
			if err := s.word(); err != nil {
				return err
			}
		}
		// A value has ended: close what ends with it, or go on to the next one.
		for {
			if depth == 0 {
				return nil
			}
			inObject := open[(depth-1)/64]&(1<<((depth-1)%64)) != 0
			s.space()
			c = s.peek()
			if c == '}' && inObject || c == ']' && !inObject {
				s.copy(1)
				depth--
				continue
			}
			if c != ',' {
				return s.errorf("expected ',' or the end of the %s", container(inObject))
			}
			s.copy(1)
			if inObject {
				s.space()
				if err := s.memberName(); err != nil {
					return err
				}
			}
			break
		}
	}
}

// container names what a value is in.
func container(object bool) string {
	if object {
		return "object"
	}
	return "array"
}

// copy takes n bytes over.
func (s *scanner) copy(n int) {
	s.out = append(s.out, s.src[s.at:s.at+n]...)
	s.at += n
}

// memberName copies a member's name and its colon.
func (s *scanner) memberName() error {
	if s.peek() != '"' {
		return s.errorf("expected a member name in quotes")
	}
	if err := s.text(); err != nil {
		return err
	}
	s.space()
	if s.peek() != ':' {
		return s.errorf("expected ':' after a member name")
	}
	s.copy(1)
	return nil
}

// text copies a string with its quotes.
func (s *scanner) text() error {
	start := s.at
	for i := start + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '"':
			s.copy(i + 1 - start)
			return nil
		case c == '\\':
			i++
			if i >= len(s.src) {
				break
			}
			switch s.src[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for k := 1; k <= 4; k++ {
					if i+k >= len(s.src) || !isHex(s.src[i+k]) {
						s.at = i
						return s.errorf("expected four hexadecimal digits after \\u")
					}
				}
				i += 4
			default:
				s.at = i
				return s.errorf("unknown escape \\%c", s.src[i])
			}
		case c < 0x20:
			s.at = i
			return s.errorf("control character %#x in a string", c)
		}
	}
	s.at = len(s.src)
	return s.errorf("a string is not closed")
}

// isHex tells whether c is a hexadecimal digit.
func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// digits counts the digits from i on.
func (s *scanner) digits(i int) int {
	n := 0
	for i+n < len(s.src) && s.src[i+n] >= '0' && s.src[i+n] <= '9' {
		n++
	}
	return n
}

// number copies a number as it stands, so that no digit is lost.
func (s *scanner) number() error {
	i := s.at
	if s.src[i] == '-' {
		i++
	}
	n := s.digits(i)
	if n == 0 || n > 1 && s.src[i] == '0' {
		return s.errorf("malformed number")
	}
	i += n
	if i < len(s.src) && s.src[i] == '.' {
		n = s.digits(i + 1)
		if n == 0 {
			return s.errorf("malformed number")
		}
		i += 1 + n
	}
	if i < len(s.src) && (s.src[i] == 'e' || s.src[i] == 'E') {
		i++
		if i < len(s.src) && (s.src[i] == '+' || s.src[i] == '-') {
			i++
		}
		n = s.digits(i)
		if n == 0 {
			return s.errorf("malformed number")
		}
		i += n
	}
	s.copy(i - s.at)
	return nil
}

// word copies true, false or null.
func (s *scanner) word() error {
	for _, w := range [...]string{"true", "false", "null"} {
		if len(s.src)-s.at >= len(w) && string(s.src[s.at:s.at+len(w)]) == w {
			s.copy(len(w))
			return nil
		}
	}
	if s.at >= len(s.src) {
		return s.errorf("unexpected end")
	}
	r, _ := utf8.DecodeRune(s.src[s.at:])
	return s.errorf("unexpected character %q", r)
}
