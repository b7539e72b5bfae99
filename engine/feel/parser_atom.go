package feel

import (
	"strings"
)

// parsePostfix reads an atom with paths, filters and invocations behind it.
func parsePostfix(p *parser) expr {
	e := atom(p)
	if e == nil || p.bareRange(e) {
		return e
	}
	for {
		back := p.pos
		p.space()
		switch {
		case p.has(".") && !p.has(".."):
			p.pos++
			next, ok := parseMember(p, e)
			if !ok {
				p.pos = back
				return e
			}
			if next == nil {
				return nil
			}
			e = next
		case p.peek() == '[' && !filterIsRange(p):
			p.pos++
			condition := p.expression()
			if condition == nil || !p.symbol("]") {
				return nil
			}
			e = &filter{of: e, condition: condition}
		case p.peek() == '(' && p.profile == DMN:
			args, params, ok := parseArguments(p)
			if !ok {
				return nil
			}
			e = &call{callee: e, args: args, params: params}
		default:
			p.pos = back
			return e
		}
	}
}

// filterIsRange reports whether the bracket closes an open range as in "]1..5[": then nothing stands behind it that
// could be a condition.
func filterIsRange(p *parser) bool {
	rest := strings.TrimLeft(p.src[p.pos+1:], " \t\r\n")
	if rest == "" {
		return true
	}
	switch rest[0] {
	case ',', ')', ']', '}':
		return true
	}
	return false
}

// parseMember reads what stands behind a point: a key, or a function of the context that e is. ok is false when there is no
// name.
func parseMember(p *parser, e expr) (next expr, ok bool) {
	p.space()
	if atTimeOffset(p) {
		return &path{of: e, key: "time offset"}, true
	}
	if atCallOf(p, e) {
		name := parseCallName(p)
		args, params, good := parseArguments(p)
		if !good {
			return nil, true
		}
		return &call{target: e, name: name, args: args, params: params}, true
	}
	key, ok := p.known()
	if !ok {
		key, ok = p.name()
	}
	if !ok {
		return nil, false
	}
	return &path{of: e, key: key}, true
}

// atTimeOffset takes the one property of the language whose name has a space.
func atTimeOffset(p *parser) bool {
	const name = "time offset"
	if !p.atWord(name) {
		return false
	}
	p.pos += len(name)
	return true
}

// atCallOf reports whether a function of the context e is called here. Only contexts that are named can be called into
// (feel-scala); the standard allows any.
func atCallOf(p *parser, e expr) bool {
	for p.profile == Camunda {
		switch inner := e.(type) {
		case *nameRef:
			return atCall(p)
		case *path:
			e = inner.of
			continue
		}
		return false
	}
	return atCall(p)
}

// atCall looks ahead: is this a name, maybe with spaces, and a parenthesis?
func atCall(p *parser) bool {
	back := p.pos
	defer func() { p.pos = back }()
	if parseCallName(p) == "" {
		return false
	}
	p.space()
	return p.peek() == '('
}

// parseCallName takes the name of a function: words with spaces between, backticks, or one of the built-in names that
// hold the word "and" or "or".
func parseCallName(p *parser) string {
	if p.peek() == '`' {
		name, _ := p.name()
		return name
	}
	for _, name := range [...]string{"date and time", "years and months duration", "get or else", "and", "or"} {
		if p.atWord(name) {
			p.pos += len(name)
			return name
		}
	}
	start, end := p.pos, p.pos
	for {
		word := p.word()
		if word == "" || reserved(word) {
			break
		}
		end = p.pos
		p.space()
	}
	p.pos = end
	return p.src[start:end]
}

func atom(p *parser) expr {
	p.space()
	switch c := p.peek(); {
	case c == '"':
		text, ok := parseStringLiteral(p)
		if !ok {
			return nil
		}
		return &literal{String(text)}
	case c == '@':
		return parseTemporalLiteral(p)
	case isDigit(c) || c == '.' && p.pos+1 < len(p.src) && isDigit(p.src[p.pos+1]):
		return parseNumberLiteral(p)
	case c == '[' || c == '(' || c == ']':
		return parseBracketed(p, c)
	case c == '{':
		return parseContextLiteral(p)
	case c == '?':
		p.pos++
		return &inputRef{}
	}
	return parseNamed(p)
}

// parseNamed reads what begins with a word or a backtick.
func parseNamed(p *parser) expr {
	for _, word := range [...]struct {
		text  string
		value Value
	}{{"null", Null}, {"true", Bool(true)}, {"false", Bool(false)}} {
		if p.atWord(word.text) {
			p.pos += len(word.text)
			return &literal{word.value}
		}
	}
	if p.atWord("function") {
		return parseLambda(p)
	}
	if name, found := p.known(); found {
		if p.space(); p.peek() != '(' {
			return &nameRef{name}
		}
		return parseCallOf(p, name)
	}
	if atCall(p) {
		return parseCallOf(p, parseCallName(p))
	}
	start := p.pos
	name, ok := p.name()
	if !ok {
		p.pos = start
		p.want("a value")
		return nil
	}
	return &nameRef{name}
}

func parseCallOf(p *parser, name string) expr {
	args, params, ok := parseArguments(p)
	if !ok {
		return nil
	}
	return &call{name: name, args: args, params: params}
}

// parseArguments reads "(…)": all positional or all named. params is nil when they are positional.
func parseArguments(p *parser) (args []expr, params []string, ok bool) {
	if !p.symbol("(") {
		return nil, nil, false
	}
	if p.space(); p.peek() == ')' {
		p.pos++
		return nil, nil, true
	}
	named := atNamedArgument(p)
	for {
		if named {
			name := p.words()
			if name == "" || !p.symbol(":") {
				p.want("the name of a parameter")
				return nil, nil, false
			}
			params = append(params, name)
		}
		arg := p.expression()
		if arg == nil {
			return nil, nil, false
		}
		args = append(args, arg)
		if p.symbol(",") {
			continue
		}
		return args, params, p.symbol(")")
	}
}

func atNamedArgument(p *parser) bool {
	back := p.pos
	name := p.words()
	p.space()
	named := name != "" && p.peek() == ':'
	p.pos = back
	return named
}

// parseBracketed reads what begins with a bracket: a list, an expression in parentheses or a range.
func parseBracketed(p *parser, open byte) expr {
	p.pos++
	if p.space(); open == '[' && p.peek() == ']' {
		p.pos++
		return &listLiteral{}
	}
	first := p.expression()
	if first == nil {
		return nil
	}
	if p.space(); p.has("..") {
		return parseRangeTail(p, open, first)
	}
	p.want("'..'")
	switch open {
	case '(':
		if !p.symbol(")") {
			return nil
		}
		return first
	case '[':
		return parseListTail(p, first)
	}
	return nil
}

func parseListTail(p *parser, first expr) expr {
	l := &listLiteral{items: []expr{first}}
	for p.symbol(",") {
		item := p.expression()
		if item == nil {
			return nil
		}
		l.items = append(l.items, item)
	}
	if !p.symbol("]") {
		return nil
	}
	return l
}

func parseRangeTail(p *parser, open byte, low expr) expr {
	p.pos += 2
	high := p.additive()
	if high == nil {
		return nil
	}
	r := &rangeLiteral{low: low, high: high, lowClosed: open == '['}
	p.space()
	switch p.peek() {
	case ']':
		r.highClosed = true
	case ')', '[':
	default:
		p.want("the end of the range")
		return nil
	}
	p.pos++
	return r
}

// parseContextLiteral reads "{key: value, …}". A key is a string or free text up to the colon.
func parseContextLiteral(p *parser) expr {
	p.pos++
	c := &contextLiteral{}
	if p.space(); p.peek() == '}' {
		p.pos++
		return c
	}
	for {
		key, ok := parseContextKey(p)
		if !ok || !p.symbol(":") {
			return nil
		}
		value := p.expression()
		if value == nil {
			return nil
		}
		c.keys, c.values = append(c.keys, key), append(c.values, value)
		p.learn(key)
		if p.symbol(",") {
			continue
		}
		if !p.symbol("}") {
			return nil
		}
		return c
	}
}

func parseContextKey(p *parser) (string, bool) {
	p.space()
	switch p.peek() {
	case '"':
		return parseStringLiteral(p)
	case '`':
		return p.name()
	}
	end := strings.IndexAny(p.src[p.pos:], `:,{}"[]`)
	if end <= 0 || p.src[p.pos+end] != ':' {
		p.want("a key")
		return "", false
	}
	key := strings.TrimRight(p.src[p.pos:p.pos+end], " \t\r\n")
	p.pos += end
	return key, key != ""
}

// parseLambda reads "function(a, b) body".
func parseLambda(p *parser) expr {
	p.keyword("function")
	if !p.symbol("(") {
		return nil
	}
	f := &lambda{}
	if p.space(); p.peek() != ')' {
		if !parseParameters(p, f) {
			return nil
		}
	}
	if !p.symbol(")") {
		return nil
	}
	if p.profile == DMN && p.keyword("external") {
		f.external = true
	}
	if f.body = p.expression(); f.body == nil {
		return nil
	}
	return f
}

func parseParameters(p *parser, f *lambda) bool {
	for {
		name, ok := parseParameterName(p, "")
		if !ok {
			return false
		}
		var t *typeRef
		if p.profile == DMN && p.symbol(":") {
			if t = parseTypeRef(p); t == nil {
				return false
			}
		}
		f.params, f.types = append(f.params, name), append(f.types, t)
		if !p.symbol(",") {
			return true
		}
	}
}

// parseParameterName takes the name of a parameter or a loop variable, words up to the given keyword.
func parseParameterName(p *parser, until string) (string, bool) {
	p.space()
	if p.peek() == '`' {
		return p.name()
	}
	start, end := p.pos, p.pos
	for !(until != "" && p.atWord(until)) && p.word() != "" {
		end = p.pos
		p.space()
	}
	p.pos = end
	if end == start || reserved(p.src[start:end]) {
		p.want("a name")
		return "", false
	}
	p.learn(p.src[start:end])
	return p.src[start:end], true
}
