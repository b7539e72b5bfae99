package feel

import (
	"strings"
	"unicode"
)

// runeSet tells whether a character belongs to it.
type runeSet = func(r rune) bool

func isWordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func isASCIISpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

func not(set runeSet) runeSet { return func(r rune) bool { return !set(r) } }

// sameFold compares without regard to case.
func sameFold(a, b rune) bool {
	if a == b {
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}

// folded extends a set to the other cases of its characters.
func folded(set runeSet) runeSet {
	return func(r rune) bool {
		if set(r) {
			return true
		}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if set(f) {
				return true
			}
		}
		return false
	}
}

// regexClass reads what stands behind "[" up to its "]": characters, ranges, classes in it (union), "&&" (intersection) and
// "-[…]" (difference, as in XPath).
func regexClass(p *regexParser) (runeSet, error) {
	if p.depth++; p.depth > maxRegexDepth {
		return nil, errPattern
	}
	defer func() { p.depth-- }()
	negated := p.take("^")
	set, err := regexClassMembers(p)
	if err != nil {
		return nil, err
	}
	for p.take("&&") {
		left, right := set, runeSet(nil)
		if right, err = regexClassMembers(p); err != nil {
			return nil, err
		}
		set = func(r rune) bool { return left(r) && right(r) }
	}
	if !p.take("]") {
		return nil, errPattern
	}
	if p.flags.fold {
		set = folded(set)
	}
	if negated {
		set = not(set)
	}
	return set, nil
}

func regexClassMembers(p *regexParser) (runeSet, error) {
	var members []runeSet
	for first := true; ; first = false {
		switch {
		case !p.more():
			return nil, errPattern
		case strings.HasPrefix(p.text[p.pos:], "&&"), p.text[p.pos] == ']' && !first:
			return anySet(members), nil
		case p.take("-["):
			minus, err := regexClass(p)
			if err != nil {
				return nil, err
			}
			all := anySet(members)
			members = []runeSet{func(r rune) bool { return all(r) && !minus(r) }}
			continue
		case p.take("["):
			inner, err := regexClass(p)
			if err != nil {
				return nil, err
			}
			members = append(members, inner)
			continue
		}
		member, err := regexClassMember(p)
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
}

func anySet(sets []runeSet) runeSet {
	if len(sets) == 1 {
		return sets[0]
	}
	return func(r rune) bool {
		for _, set := range sets {
			if set(r) {
				return true
			}
		}
		return false
	}
}

// regexClassMember reads one character, a range or an escape.
func regexClassMember(p *regexParser) (runeSet, error) {
	low, set, err := regexClassRune(p)
	if err != nil || set != nil {
		return set, err
	}
	rest := p.text[p.pos:]
	if !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") || strings.HasPrefix(rest, "-[") || strings.HasPrefix(rest, "-&&") {
		return func(r rune) bool { return r == low }, nil
	}
	p.pos++
	high, set, err := regexClassRune(p)
	if err != nil || set != nil || high < low {
		return nil, errPattern
	}
	return func(r rune) bool { return r >= low && r <= high }, nil
}

// regexClassRune reads one character of a class; an escape that stands for many gives a set.
func regexClassRune(p *regexParser) (rune, runeSet, error) {
	if !p.more() {
		return 0, nil, errPattern
	}
	if !p.take(`\`) {
		return p.next(), nil, nil
	}
	return regexEscaped(p)
}

// regexClassEscape reads an escape that stands for characters, outside of a class.
func regexClassEscape(p *regexParser) (runeSet, error) {
	r, set, err := regexEscaped(p)
	if err != nil || set != nil {
		return set, err
	}
	return p.literal(r), nil
}

// regexEscaped reads what stands behind a backslash: one character or a set.
func regexEscaped(p *regexParser) (rune, runeSet, error) {
	if !p.more() {
		return 0, nil, errPattern
	}
	if set := escapedSet(p.text[p.pos]); set != nil {
		p.pos++
		return 0, set, nil
	}
	r := p.next()
	switch r {
	case 'n':
		return '\n', nil, nil
	case 't':
		return '\t', nil, nil
	case 'r':
		return '\r', nil, nil
	case 'f':
		return '\f', nil, nil
	case 'a':
		return '\a', nil, nil
	case 'e':
		return 0x1b, nil, nil
	case 'x', 'u':
		r, err := regexHexEscape(p, byte(r))
		return r, nil, err
	case 'p', 'P':
		set, err := regexProperty(p, r == 'P')
		return 0, set, err
	}
	if r < 0x80 && (isDigit(byte(r)) || unicode.IsLetter(r)) {
		return 0, nil, errPattern // letters are kept for escapes to come, as in Java
	}
	return r, nil, nil
}

func escapedSet(letter byte) runeSet {
	switch letter {
	case 'd':
		return func(r rune) bool { return r >= '0' && r <= '9' }
	case 'D':
		return func(r rune) bool { return r < '0' || r > '9' }
	case 'w':
		return isWordRune
	case 'W':
		return not(isWordRune)
	case 's':
		return isASCIISpace
	case 'S':
		return not(isASCIISpace)
	case 'h':
		return func(r rune) bool { return r == '\t' || unicode.Is(unicode.Zs, r) }
	case 'v':
		return func(r rune) bool { return isLineEnd(r) || r == '\v' || r == '\f' }
	}
	return nil
}

// regexProperty reads \pL, \p{Lu}, \p{IsLatin} and the POSIX names.
func regexProperty(p *regexParser, negated bool) (runeSet, error) {
	var name string
	if p.take("{") {
		end := strings.IndexByte(p.text[p.pos:], '}')
		if end < 0 {
			return nil, errPattern
		}
		name = p.text[p.pos : p.pos+end]
		p.pos += end + 1
	} else if p.more() {
		name = string(p.next())
	}
	if rest, found := strings.CutPrefix(name, "^"); found {
		name, negated = rest, !negated
	}
	set := namedSet(name)
	if set == nil {
		return nil, errPattern
	}
	if negated {
		set = not(set)
	}
	return set, nil
}

func namedSet(name string) runeSet {
	if set, known := posixSets[name]; known {
		return set
	}
	bare := strings.TrimPrefix(name, "Is")
	if table, known := unicode.Categories[bare]; known {
		return func(r rune) bool { return unicode.Is(table, r) }
	}
	if table, known := unicode.Scripts[bare]; known {
		return func(r rune) bool { return unicode.Is(table, r) }
	}
	if table, known := unicode.Properties[bare]; known {
		return func(r rune) bool { return unicode.Is(table, r) }
	}
	switch bare {
	case "Alphabetic":
		return unicode.IsLetter
	case "Uppercase":
		return unicode.IsUpper
	case "Lowercase":
		return unicode.IsLower
	case "Digit":
		return unicode.IsDigit
	}
	return nil
}

func runesBetween(low, high rune) runeSet { return func(r rune) bool { return r >= low && r <= high } }

// posixSets are the ASCII classes of POSIX as Java names them.
var posixSets = map[string]runeSet{
	"Lower":  runesBetween('a', 'z'),
	"Upper":  runesBetween('A', 'Z'),
	"ASCII":  runesBetween(0, 0x7f),
	"Alpha":  anySet([]runeSet{runesBetween('a', 'z'), runesBetween('A', 'Z')}),
	"Digit":  runesBetween('0', '9'),
	"Alnum":  anySet([]runeSet{runesBetween('a', 'z'), runesBetween('A', 'Z'), runesBetween('0', '9')}),
	"Punct":  func(r rune) bool { return r > ' ' && r < 0x7f && !isWordRune(r) || r == '_' },
	"Graph":  runesBetween('!', '~'),
	"Print":  runesBetween(' ', '~'),
	"Blank":  func(r rune) bool { return r == ' ' || r == '\t' },
	"Cntrl":  func(r rune) bool { return r < ' ' || r == 0x7f },
	"XDigit": anySet([]runeSet{runesBetween('0', '9'), runesBetween('a', 'f'), runesBetween('A', 'F')}),
	"Space":  isASCIISpace,
}
