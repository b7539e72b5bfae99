package feel

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errPattern = errors.New("invalid pattern")

// regexFlags are the flags of XPath and Java: i ignores case, s lets the dot match line ends, m lets ^ and $ match at
// lines, x ignores white space in the pattern, q takes the pattern literally.
type regexFlags struct{ fold, dotAll, lines, spaced bool }

// regexParser turns a pattern into code, with the flags of the place where it is.
type regexParser struct {
	text  string
	pos   int
	flags regexFlags
	re    *regex
	depth int
	size  int
}

func compileRegex(pattern, flags string) (*regex, error) {
	p := &regexParser{text: pattern, re: &regex{groups: 1, names: make(map[string]int)}}
	for _, f := range flags {
		switch f {
		case 'i':
			p.flags.fold = true
		case 's':
			p.flags.dotAll = true
		case 'm':
			p.flags.lines = true
		case 'x':
			p.flags.spaced = true
		case 'q':
			p.text = quoteRegex(pattern)
		default:
			return nil, errPattern
		}
	}
	if !utf8.ValidString(pattern) {
		return nil, errPattern
	}
	code, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.text) {
		return nil, errPattern // a ")" too many
	}
	p.re.code = append(code, instruction{op: opMatch})
	if err := p.link(p.re.code); err != nil {
		return nil, err
	}
	return p.re, nil
}

// quoteRegex escapes all that means something.
func quoteRegex(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`\.[]{}()*+?^$|# `, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// link checks that back-references have their groups, and moves the counters of loops behind the slots of the groups,
// whose number is known only now.
func (p *regexParser) link(code []instruction) error {
	for i := range code {
		in := &code[i]
		switch in.op {
		case opBack:
			if in.x >= p.re.groups {
				return errPattern
			}
		case opMark, opMoved:
			in.x += 2 * p.re.groups
		}
		if err := p.link(in.sub); err != nil {
			return err
		}
	}
	return nil
}

func (p *regexParser) more() bool { return p.pos < len(p.text) }

func (p *regexParser) take(text string) bool {
	if strings.HasPrefix(p.text[p.pos:], text) {
		p.pos += len(text)
		return true
	}
	return false
}

func (p *regexParser) next() rune {
	r, size := utf8.DecodeRuneInString(p.text[p.pos:])
	p.pos += size
	return r
}

// alternatives reads a|b|c up to ")" or the end.
func (p *regexParser) alternatives() ([]instruction, error) {
	if p.depth++; p.depth > maxRegexDepth {
		return nil, errPattern
	}
	defer func() { p.depth-- }()
	outer := p.flags
	defer func() { p.flags = outer }()
	code, err := p.sequence()
	for err == nil && p.take("|") {
		var other []instruction
		if other, err = p.sequence(); err == nil {
			code, err = p.sized(either(code, other))
		}
	}
	return code, err
}

// sized refuses code that has grown too long.
func (p *regexParser) sized(code []instruction) ([]instruction, error) {
	if p.size += len(code); len(code) > maxRegexCode || p.size > 100*maxRegexCode {
		return nil, errPattern
	}
	return code, nil
}

// Code is relative while it is put together: jumps count from the beginning of their piece. shifted moves a piece.
func shifted(code []instruction, by int) []instruction {
	moved := make([]instruction, len(code))
	for i, in := range code {
		if in.op == opJump || in.op == opSplit {
			in.x, in.y = in.x+by, in.y+by
		}
		moved[i] = in
	}
	return moved
}

func join(first, second []instruction) []instruction {
	return append(first[:len(first):len(first)], shifted(second, len(first))...)
}

func either(a, b []instruction) []instruction {
	code := []instruction{{op: opSplit, x: 1, y: len(a) + 2}}
	code = join(code, a)
	code = append(code, instruction{op: opJump, x: len(a) + len(b) + 2})
	return join(code, b)
}

func (p *regexParser) sequence() ([]instruction, error) {
	var code []instruction
	for p.more() {
		p.skipSpaced()
		if !p.more() || p.text[p.pos] == '|' || p.text[p.pos] == ')' {
			break
		}
		piece, err := p.atom()
		if err != nil {
			return nil, err
		}
		if piece, err = p.quantified(piece); err != nil {
			return nil, err
		}
		for i := range piece { // shift in place: the pieces of a sequence are its own
			if in := &piece[i]; in.op == opJump || in.op == opSplit {
				in.x, in.y = in.x+len(code), in.y+len(code)
			}
		}
		if code = append(code, piece...); len(code) > maxRegexCode {
			return nil, errPattern
		}
	}
	return code, nil
}

// skipSpaced skips white space and comments when the flag x is on.
func (p *regexParser) skipSpaced() {
	for p.flags.spaced && p.more() {
		switch c := p.text[p.pos]; {
		case c == '#':
			end := strings.IndexByte(p.text[p.pos:], '\n')
			if end < 0 {
				end = len(p.text) - p.pos
			}
			p.pos += end
		case c == ' ' || c >= '\t' && c <= '\r':
			p.pos++
		default:
			return
		}
	}
}

// quantified reads *, +, ?, {n}, {n,} or {n,m} behind a piece, lazy with ? and possessive with +.
func (p *regexParser) quantified(piece []instruction) ([]instruction, error) {
	p.skipSpaced()
	low, high, found, err := p.counts()
	if err != nil || !found {
		return piece, err
	}
	lazy, possessive := p.take("?"), false
	if !lazy {
		possessive = p.take("+")
	}
	if piece, err = p.repeat(piece, low, high, lazy); err != nil {
		return nil, err
	}
	if possessive {
		piece = []instruction{{op: opAtomic, sub: append(piece, instruction{op: opMatch})}}
	}
	return piece, nil
}

const unbounded = -1

func (p *regexParser) counts() (low, high int, found bool, err error) {
	switch {
	case p.take("*"):
		return 0, unbounded, true, nil
	case p.take("+"):
		return 1, unbounded, true, nil
	case p.take("?"):
		return 0, 1, true, nil
	case !p.take("{"):
		return 0, 0, false, nil
	}
	end := strings.IndexByte(p.text[p.pos:], '}')
	if end < 0 {
		return 0, 0, false, errPattern
	}
	from, to, isRange := strings.Cut(p.text[p.pos:p.pos+end], ",")
	p.pos += end + 1
	if low, err = strconv.Atoi(from); err != nil || low < 0 || low > maxRegexCode {
		return 0, 0, false, errPattern
	}
	switch {
	case !isRange:
		high = low
	case to == "":
		high = unbounded
	default:
		if high, err = strconv.Atoi(to); err != nil || high < low || high > maxRegexCode {
			return 0, 0, false, errPattern
		}
	}
	return low, high, true, nil
}

func (p *regexParser) repeat(piece []instruction, low, high int, lazy bool) ([]instruction, error) {
	if (len(piece)+4)*(max(low, high)+1) > maxRegexCode {
		return nil, errPattern
	}
	var code []instruction
	for range low {
		code = append(code, shifted(piece, len(code))...)
	}
	if high == unbounded {
		return p.sized(append(code, shifted(p.star(piece, lazy), len(code))...))
	}
	// the optional rest: each copy may be left out together with all behind it
	end := len(code) + (high-low)*(len(piece)+1)
	for range high - low {
		code = append(code, split(len(code)+1, end, lazy))
		code = append(code, shifted(piece, len(code))...)
	}
	return p.sized(code)
}

func split(into, past int, lazy bool) instruction {
	if lazy {
		into, past = past, into
	}
	return instruction{op: opSplit, x: into, y: past}
}

// star repeats a piece; a round that reads nothing ends the loop.
func (p *regexParser) star(piece []instruction, lazy bool) []instruction {
	counter := p.re.counters
	p.re.counters++
	code := []instruction{split(1, len(piece)+4, lazy), {op: opMark, x: counter}}
	code = join(code, piece)
	return append(code, instruction{op: opMoved, x: counter}, instruction{op: opJump, x: 0})
}
