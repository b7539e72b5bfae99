package feel

import (
	"strings"
	"unicode/utf8"
)

// parseNumberLiteral reads digits with a fraction. A point that is followed by no digit belongs to a path or a range.
func parseNumberLiteral(p *parser) expr {
	start := p.pos
	parseDigits(p)
	if p.peek() == '.' && p.pos+1 < len(p.src) && isDigit(p.src[p.pos+1]) {
		p.pos++
		parseDigits(p)
	}
	if p.profile == DMN && (p.peek() == 'e' || p.peek() == 'E') {
		parseExponent(p)
	}
	v, ok := parseNumber(p.src[start:p.pos])
	if !ok {
		p.pos = start
		p.want("a number of at most 1000 digits and an exponent of at most 6144")
		return nil
	}
	return &literal{v}
}

func parseDigits(p *parser) {
	for isDigit(p.peek()) {
		p.pos++
	}
}

// parseExponent takes "e5" (DMN 1.5); what is none stays unread.
func parseExponent(p *parser) {
	back := p.pos
	p.pos++
	if c := p.peek(); c == '+' || c == '-' {
		p.pos++
	}
	if !isDigit(p.peek()) {
		p.pos = back
		return
	}
	parseDigits(p)
}

// parseStringLiteral reads "…" with its escapes. As in feel-scala 1.19 an unknown escape stands for itself, and so does
// \uXXXX, which only the standard resolves.
func parseStringLiteral(p *parser) (string, bool) {
	start := p.pos
	p.pos++
	plain := true
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '\\':
			plain = false
			p.pos++
		case '"':
			text := p.src[start+1 : p.pos]
			p.pos++
			if plain {
				return text, true
			}
			return parseUnescape(p, text), true
		}
		p.pos++
	}
	p.pos = len(p.src)
	p.want("'\"' at the end of the string")
	return "", false
}

func parseUnescape(p *parser, text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			b.WriteByte(c)
			continue
		}
		i++
		if at := strings.IndexByte(`"\'nrtbf`, text[i]); at >= 0 {
			b.WriteByte("\"\\'\n\r\t\b\f"[at])
			continue
		}
		if r, size := parseUnicode(p, text[i:]); size > 0 {
			b.WriteRune(r)
			i += size - 1
			continue
		}
		b.WriteByte('\\')
		b.WriteByte(text[i])
	}
	return b.String()
}

// parseUnicode reads uXXXX (maybe a surrogate pair) or UXXXXXX; size 0 when there is none.
func parseUnicode(p *parser, text string) (r rune, size int) {
	if p.profile != DMN {
		return 0, 0
	}
	switch {
	case text[0] == 'u':
		if _, ok := hex4(text, 1); !ok {
			return 0, 0
		}
		r, n := unicodeEscape([]byte(text), 1)
		return r, n
	case text[0] == 'U' && len(text) >= 7:
		high, ok1 := hex4("00"+text[1:3], 0)
		low, ok2 := hex4(text, 3)
		if r = high<<16 | low; ok1 && ok2 && utf8.ValidRune(r) {
			return r, 7
		}
	}
	return 0, 0
}

// parseTemporalLiteral reads @"…"; text that is no temporal value is null.
func parseTemporalLiteral(p *parser) expr {
	p.pos++
	if p.space(); p.peek() != '"' {
		p.want("a string")
		return nil
	}
	text, ok := parseStringLiteral(p)
	if !ok {
		return nil
	}
	return &literal{parseTemporal(text)}
}
