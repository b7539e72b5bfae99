package feel

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a text at parse time.
const (
	// MaxSource is the longest expression in bytes.
	MaxSource = 256 << 10
	// MaxDepth is how deep expressions may be nested.
	MaxDepth = 400
)

// scanner walks over the source. FEEL cannot be cut into tokens in advance (a name may hold spaces, depending on what
// follows), so the parser asks for what it expects at the current position; the furthest position at which something was
// missing is what a parse error tells.
type scanner struct {
	src      string
	pos      int
	far      int
	expected []string
}

// want remembers what was expected at the current position.
func (s *scanner) want(what string) {
	if s.pos > s.far {
		s.far, s.expected = s.pos, s.expected[:0]
	}
	if s.pos == s.far {
		for _, e := range s.expected {
			if e == what {
				return
			}
		}
		s.expected = append(s.expected, what)
	}
}

// space skips white space and comments.
func (s *scanner) space() {
	for s.pos < len(s.src) {
		rest := s.src[s.pos:]
		switch {
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			s.pos += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return
			}
			s.pos += end + 4
		default:
			r, size := utf8.DecodeRuneInString(rest)
			if !isSpace(r) {
				return
			}
			s.pos += size
		}
	}
}

// isSpace follows DMN grammar rule 62.
func isSpace(r rune) bool {
	return r == '\u180e' || r == '\u200b' || r == '\ufeff' || unicode.IsSpace(r)
}

func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

func (s *scanner) has(text string) bool { return strings.HasPrefix(s.src[s.pos:], text) }

// symbol skips space and takes text.
func (s *scanner) symbol(text string) bool {
	s.space()
	if s.has(text) {
		s.pos += len(text)
		return true
	}
	s.want("'" + text + "'")
	return false
}

// keyword skips space and takes the word when no longer word stands there.
func (s *scanner) keyword(word string) bool {
	s.space()
	if s.atWord(word) {
		s.pos += len(word)
		return true
	}
	s.want("'" + word + "'")
	return false
}

func (s *scanner) atWord(word string) bool {
	if !s.has(word) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s.src[s.pos+len(word):])
	return !isNamePart(r)
}

func isNameStart(r rune) bool {
	return r != utf8.RuneError && (r == '_' || r == '$' || unicode.IsLetter(r) ||
		unicode.In(r, unicode.Sc, unicode.Pc, unicode.Nl) || (r >= 0x1F000 && r <= 0x1FAFF))
}

func isNamePart(r rune) bool {
	return isNameStart(r) || unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc) && r != utf8.RuneError
}

// word takes one identifier; empty when there is none.
func (s *scanner) word() string {
	start := s.pos
	r, size := utf8.DecodeRuneInString(s.src[s.pos:])
	if !isNameStart(r) {
		return ""
	}
	for isNamePart(r) {
		s.pos += size
		r, size = utf8.DecodeRuneInString(s.src[s.pos:])
	}
	return s.src[start:s.pos]
}

// reserved words cannot be names of variables. Words such as "if" and "some" can where no such expression starts.
func reserved(word string) bool {
	switch word {
	case "null", "true", "false", "function", "then", "else", "in", "return", "satisfies", "and", "or":
		return true
	}
	return false
}

// name takes an identifier that is no reserved word, or text in backticks.
func (s *scanner) name() (string, bool) {
	s.space()
	if s.peek() == '`' {
		if end := strings.IndexByte(s.src[s.pos+1:], '`'); end > 0 {
			name := s.src[s.pos+1 : s.pos+1+end]
			s.pos += end + 2
			return name, true
		}
		s.want("a name between backticks")
		return "", false
	}
	start := s.pos
	if w := s.word(); w != "" && !reserved(w) {
		return w, true
	}
	s.pos = start
	s.want("a name")
	return "", false
}

// words takes words with white space between them, as names of parameters have; the text stays as written.
func (s *scanner) words() string {
	s.space()
	if s.peek() == '`' {
		n, _ := s.name()
		return n
	}
	start, end := s.pos, s.pos
	for s.word() != "" {
		end = s.pos
		s.space()
	}
	s.pos = end
	return s.src[start:end]
}

// position returns line and column of a byte offset, both from 1.
func position(src string, offset int) (line, column int) {
	before := src[:offset]
	line = 1 + strings.Count(before, "\n")
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return line, 1 + utf8.RuneCountInString(before[lineStart:])
}

// problem makes the error for the furthest position that was reached.
func (s *scanner) problem() *ParseError {
	s.expected = s.expected[:min(len(s.expected), 8)]
	found := "the end"
	if s.far < len(s.src) {
		found = "'" + excerpt(s.src[s.far:]) + "'"
	}
	return s.problemAt(s.far, "found "+found+", expected "+strings.Join(s.expected, " or "))
}

func (s *scanner) problemAt(offset int, reason string) *ParseError {
	line, column := position(s.src, offset)
	return &ParseError{Source: s.src, Line: line, Column: column, Reason: reason}
}

// excerpt is the start of text, short enough for a message.
func excerpt(text string) string {
	const most = 12
	for i, n := 0, 0; i < len(text); n++ {
		if n == most || text[i] == '\n' {
			return text[:i]
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return text
}
