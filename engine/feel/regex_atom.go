package feel

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func one(set func(r rune) bool) []instruction { return []instruction{{op: opRune, set: set}} }

func condition(holds func(text string, at int) bool) []instruction {
	return []instruction{{op: opAssert, assert: holds}}
}

func (p *regexParser) atom() ([]instruction, error) {
	switch r := p.next(); r {
	case '(':
		return p.group()
	case '[':
		set, err := regexClass(p)
		if err != nil {
			return nil, err
		}
		return one(set), nil
	case '.':
		if p.flags.dotAll {
			return one(func(rune) bool { return true }), nil
		}
		return one(func(r rune) bool { return !isLineEnd(r) }), nil
	case '^':
		return condition(p.startOf()), nil
	case '$':
		return condition(p.endOf()), nil
	case '\\':
		return p.escape()
	case '*', '+', '?':
		return nil, errPattern
	case '{':
		return nil, errPattern
	default:
		return one(p.literal(r)), nil
	}
}

func (p *regexParser) literal(want rune) func(r rune) bool {
	if p.flags.fold {
		return func(r rune) bool { return sameFold(want, r) }
	}
	return func(r rune) bool { return r == want }
}

func isLineEnd(r rune) bool {
	return r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

func (p *regexParser) startOf() func(text string, at int) bool {
	if p.flags.lines {
		return func(text string, at int) bool { return at == 0 || text[at-1] == '\n' && at < len(text) }
	}
	return func(_ string, at int) bool { return at == 0 }
}

// endOf is the end, or the line end at the end, or with the flag m the end of any line.
func (p *regexParser) endOf() func(text string, at int) bool {
	if p.flags.lines {
		return func(text string, at int) bool { return at == len(text) || text[at] == '\n' || text[at] == '\r' }
	}
	return atEnd
}

func atEnd(text string, at int) bool {
	rest := text[at:]
	return rest == "" || rest == "\n" || rest == "\r\n" || rest == "\r"
}

// group reads what stands behind "(".
func (p *regexParser) group() ([]instruction, error) {
	switch {
	case p.take("?:"):
		return p.closed(p.alternatives())
	case p.take("?="):
		return p.around(instruction{op: opLook})
	case p.take("?!"):
		return p.around(instruction{op: opLook, negate: true})
	case p.take("?<="):
		return p.around(instruction{op: opLook, behind: true})
	case p.take("?<!"):
		return p.around(instruction{op: opLook, behind: true, negate: true})
	case p.take("?>"):
		return p.around(instruction{op: opAtomic})
	case p.take("?<"):
		end := strings.IndexByte(p.text[p.pos:], '>')
		if end <= 0 {
			return nil, errPattern
		}
		name := p.text[p.pos : p.pos+end]
		p.pos += end + 1
		if _, taken := p.re.names[name]; taken {
			return nil, errPattern
		}
		p.re.names[name] = p.re.groups
		return p.capture()
	case p.take("?"):
		return p.inlineFlags()
	}
	return p.capture()
}

func (p *regexParser) closed(code []instruction, err error) ([]instruction, error) {
	if err == nil && !p.take(")") {
		err = errPattern
	}
	return code, err
}

func (p *regexParser) around(in instruction) ([]instruction, error) {
	code, err := p.closed(p.alternatives())
	in.sub = append(code, instruction{op: opMatch})
	return []instruction{in}, err
}

func (p *regexParser) capture() ([]instruction, error) {
	n := p.re.groups
	p.re.groups++
	code, err := p.closed(p.alternatives())
	code = join([]instruction{{op: opSave, x: 2 * n}}, code)
	return append(code, instruction{op: opSave, x: 2*n + 1}), err
}

// inlineFlags reads (?i), (?-i) and (?i:…).
func (p *regexParser) inlineFlags() ([]instruction, error) {
	outer, on := p.flags, true
	for p.more() {
		switch r := p.next(); r {
		case 'i':
			p.flags.fold = on
		case 's':
			p.flags.dotAll = on
		case 'm':
			p.flags.lines = on
		case 'x':
			p.flags.spaced = on
		case 'u', 'd', 'U':
		case '-':
			on = false
		case ')':
			return nil, nil // for the rest of this group
		case ':':
			code, err := p.closed(p.alternatives())
			p.flags = outer
			return code, err
		default:
			return nil, errPattern
		}
	}
	return nil, errPattern
}

// escape reads what stands behind a backslash outside of a class.
func (p *regexParser) escape() ([]instruction, error) {
	if !p.more() {
		return nil, errPattern
	}
	switch c := p.text[p.pos]; c {
	case 'A':
		p.pos++
		return condition(func(_ string, at int) bool { return at == 0 }), nil
	case 'z':
		p.pos++
		return condition(func(text string, at int) bool { return at == len(text) }), nil
	case 'Z':
		p.pos++
		return condition(atEnd), nil
	case 'b', 'B':
		p.pos++
		return condition(func(text string, at int) bool { return atWordEdge(text, at) == (c == 'b') }), nil
	case 'Q':
		p.pos++
		return p.quotation(), nil
	case 'R':
		p.pos++
		crlf := join(one(func(r rune) bool { return r == '\r' }), one(func(r rune) bool { return r == '\n' }))
		return either(crlf, one(func(r rune) bool { return isLineEnd(r) || r == '\v' || r == '\f' })), nil
	case 'k':
		return regexNamedReference(p)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.reference(), nil
	}
	set, err := regexClassEscape(p)
	if err != nil {
		return nil, err
	}
	return one(set), nil
}

// reference reads the number of a group; further digits belong to it as long as there are so many groups.
func (p *regexParser) reference() []instruction {
	n := int(p.text[p.pos] - '0')
	for p.pos++; p.more() && isDigit(p.text[p.pos]); p.pos++ {
		longer := n*10 + int(p.text[p.pos]-'0')
		if longer >= p.re.groups {
			break
		}
		n = longer
	}
	return []instruction{{op: opBack, x: n, fold: p.flags.fold}}
}

func regexNamedReference(p *regexParser) ([]instruction, error) {
	p.pos++
	end := strings.IndexByte(p.text[p.pos:], '>')
	if !p.take("<") || end < 0 {
		return nil, errPattern
	}
	n, known := p.re.names[p.text[p.pos:p.pos+end-1]]
	if !known {
		return nil, errPattern
	}
	p.pos += end
	return []instruction{{op: opBack, x: n, fold: p.flags.fold}}, nil
}

// quotation reads literal text up to \E.
func (p *regexParser) quotation() []instruction {
	rest, _, _ := strings.Cut(p.text[p.pos:], `\E`)
	p.pos = min(p.pos+len(rest)+2, len(p.text))
	var code []instruction
	for _, r := range rest {
		code = append(code, instruction{op: opRune, set: p.literal(r)})
	}
	return code
}

func atWordEdge(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	return (at > 0 && isWordRune(before)) != (at < len(text) && isWordRune(after))
}

// regexHexEscape reads \xHH, \x{H…} and \uHHHH behind their letter.
func regexHexEscape(p *regexParser, letter byte) (rune, error) {
	digits := 4
	if letter == 'x' {
		digits = 2
		if p.take("{") {
			digits = strings.IndexByte(p.text[p.pos:], '}')
		}
	}
	if digits < 1 || digits > 6 || p.pos+digits > len(p.text) {
		return 0, errPattern
	}
	n, err := strconv.ParseUint(p.text[p.pos:p.pos+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, errPattern
	}
	p.pos += digits
	p.take("}")
	return rune(n), nil
}
