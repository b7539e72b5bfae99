package feel

import "strings"

// parser reads the grammar of DMN chapter 10.3.1.2 by recursive descent. A method returns nil where its construct is
// missing or broken; the scanner remembers why. It never reads anything twice that may be nested, so that the time is
// linear in the source.
//
// Precedence, from loose to tight: if/for/some/every; or; and; comparison, between, in, instance of (not chained);
// + and -; * and /; ** (from the left); negation; path, filter, invocation.
type parser struct {
	scanner
	profile Profile
	depth   int
	tooDeep bool
	names   []string // known names that are no plain identifiers (DMN profile), the longest first
}

// parseExpression reads the whole source as one expression.
func parseExpression(src string, profile Profile, names []string) (expr, *ParseError) {
	return parseWhole(src, profile, names, (*parser).expression)
}

// parseCell reads the whole source as unary tests: "-", "not(…)" or tests separated by commas.
func parseCell(src string, profile Profile, names []string) (expr, *ParseError) {
	return parseWhole(src, profile, names, parseUnaryTests)
}

func parseWhole(src string, profile Profile, names []string, rule func(*parser) expr) (expr, *ParseError) {
	p := &parser{scanner: scanner{src: src}, profile: profile}
	for _, name := range names {
		p.learn(name)
	}
	if len(src) > MaxSource {
		p.src = src[:64] + "…"
		return nil, p.problemAt(0, "the expression is longer than the allowed 256 KiB")
	}
	e := rule(p)
	if p.tooDeep {
		return nil, p.problemAt(p.far, "the expression is nested deeper than the allowed 400 levels")
	}
	if e == nil {
		return nil, p.problem()
	}
	p.space()
	if p.pos < len(p.src) {
		p.want("an operator")
		p.want("the end")
		return nil, p.problem()
	}
	return e, nil
}

// enter counts a level of nesting; leave must follow when it returned true.
func (p *parser) enter() bool {
	if p.depth == MaxDepth || p.tooDeep {
		if !p.tooDeep {
			p.far = p.pos
		}
		p.tooDeep = true
		return false
	}
	p.depth++
	return true
}

func (p *parser) leave() { p.depth-- }

func (p *parser) expression() expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.space()
	switch {
	case p.startsWith("if"):
		return p.conditional()
	case p.startsWith("for"):
		return p.loop()
	case p.startsWith("some"):
		return p.quantified("some")
	case p.startsWith("every"):
		return p.quantified("every")
	}
	return p.disjunction()
}

// startsWith reports whether the construct of a word begins here, and not a variable of that name: behind the word
// stands something that begins an operand.
func (p *parser) startsWith(word string) bool {
	if !p.atWord(word) {
		return false
	}
	back := p.pos
	p.pos += len(word)
	p.space()
	c, operator := p.peek(), p.atWord("and") || p.atWord("or") || p.atWord("in") || p.atWord("between") ||
		p.atWord("instance") || p.atWord("then") || p.atWord("else") || p.atWord("return") || p.atWord("satisfies")
	p.pos = back
	switch c {
	case 0, '+', '*', '/', '=', '!', '<', '>', ')', ']', '}', ',', ':':
		return false
	case '-', '.': // "if -1 then" or a difference
		return strings.Contains(p.src[back:], "then")
	}
	return !operator
}

func (p *parser) conditional() expr {
	p.keyword("if")
	c := &conditional{condition: p.expression()}
	if c.condition == nil || !p.keyword("then") {
		return nil
	}
	if c.yes = p.expression(); c.yes == nil || !p.keyword("else") {
		return nil
	}
	if c.no = p.expression(); c.no == nil {
		return nil
	}
	return c
}

func (p *parser) loop() expr {
	p.keyword("for")
	iterators := p.iterators()
	if iterators == nil || !p.keyword("return") {
		return nil
	}
	body := p.expression()
	if body == nil {
		return nil
	}
	return &loop{iterators: iterators, body: body}
}

func (p *parser) quantified(word string) expr {
	p.keyword(word)
	iterators := p.iterators()
	if iterators == nil || !p.keyword("satisfies") {
		return nil
	}
	condition := p.expression()
	if condition == nil {
		return nil
	}
	return &quantified{every: word == "every", iterators: iterators, condition: condition}
}

func (p *parser) iterators() []iterator {
	var all []iterator
	for {
		name, ok := parseParameterName(p, "in")
		if !ok || !p.keyword("in") {
			return nil
		}
		it := iterator{name: name, from: p.disjunction()}
		if it.from == nil {
			return nil
		}
		if p.bareRange(it.from) {
			p.want("a list or the start of a range without brackets")
			return nil
		}
		if p.space(); p.has("..") {
			p.pos += 2
			if it.to = p.additive(); it.to == nil {
				return nil
			}
		}
		all = append(all, it)
		if !p.symbol(",") {
			return all
		}
	}
}

func (p *parser) disjunction() expr { return p.logic("or", (*parser).conjunction) }

func (p *parser) conjunction() expr { return p.logic("and", (*parser).comparison) }

func (p *parser) logic(word string, operand func(*parser) expr) expr {
	first := operand(p)
	if first == nil || !p.keyword(word) {
		return first
	}
	l := &logic{or: word == "or", terms: []expr{first}}
	for {
		next := operand(p)
		if next == nil {
			return nil
		}
		l.terms = append(l.terms, next)
		if !p.keyword(word) {
			return l
		}
	}
}

// comparators in the order in which they are tried: the longer ones first.
var comparators = [...]struct {
	text string
	op   comparator
}{{"<=", lessOrEqual}, {">=", greaterOrEqual}, {"<", less}, {">", greater}, {"!=", notEqual}, {"=", equal}}

func (p *parser) comparator() (comparator, bool) {
	p.space()
	for _, c := range comparators {
		if p.has(c.text) {
			p.pos += len(c.text)
			return c.op, true
		}
	}
	return 0, false
}

// comparison also reads what tests an input value: "< 5" and ranges. In the Camunda profile a range is nothing but
// such a test: no operator can follow it.
func (p *parser) comparison() expr {
	if test, isTest := p.compareTest(); isTest {
		return test
	}
	left := p.additive()
	if left == nil || p.bareRange(left) {
		return left
	}
	if p.space(); p.profile == Camunda && p.has("==") {
		p.want("an operator")
		return left
	}
	if op, found := p.comparator(); found {
		right := p.operand((*parser).additive)
		if right == nil {
			return nil
		}
		return &comparison{op: op, l: left, r: right}
	}
	switch {
	case p.atWord("between"):
		p.keyword("between")
		return p.between(left)
	case p.atWord("in"):
		p.keyword("in")
		test := parseTestAfterIn(p)
		if test == nil {
			return nil
		}
		return &inTests{x: left, test: test}
	case p.atWord("instance"):
		p.keyword("instance")
		if !p.keyword("of") {
			return nil
		}
		of := parseTypeRef(p)
		if of == nil {
			return nil
		}
		return &instanceOf{x: left, of: of}
	}
	return left
}

func (p *parser) compareTest() (expr, bool) {
	p.space()
	back := p.pos
	op, found := p.comparator()
	if !found {
		return nil, false
	}
	if (op == equal || op == notEqual) && p.profile == Camunda {
		p.pos = back
		return nil, false
	}
	to := p.operand((*parser).additive)
	if to == nil {
		return nil, true
	}
	return &compareTest{op: op, to: to}, true
}

func (p *parser) between(x expr) expr {
	low := p.operand((*parser).additive)
	if low == nil || !p.keyword("and") {
		return nil
	}
	high := p.operand((*parser).additive)
	if high == nil {
		return nil
	}
	return &between{x: x, low: low, high: high}
}

// bareRange reports whether e is a range that no operator may follow.
func (p *parser) bareRange(e expr) bool {
	_, isRange := e.(*rangeLiteral)
	return isRange && p.profile == Camunda
}

// operand reads what may not be a bare range.
func (p *parser) operand(rule func(*parser) expr) expr {
	p.space()
	start := p.pos
	e := rule(p)
	if e != nil && p.bareRange(e) {
		p.pos, p.far, p.expected = start, start, nil
		p.want("a value, not a range")
		return nil
	}
	return e
}

// binary reads operands with operators of one level between them, from the left.
func (p *parser) binary(operator func() byte, operand func(*parser) expr) expr {
	left := operand(p)
	for left != nil && !p.bareRange(left) {
		p.space()
		op := operator()
		if op == 0 {
			return left
		}
		right := p.operand(operand)
		if right == nil {
			return nil
		}
		left = &arithmetic{op: op, l: left, r: right}
	}
	return left
}

func (p *parser) additive() expr {
	return p.binary(func() byte { return p.operator('+', '-') }, (*parser).multiplicative)
}

func (p *parser) multiplicative() expr {
	return p.binary(func() byte {
		if p.has("**") {
			return 0
		}
		return p.operator('*', '/')
	}, (*parser).power)
}

func (p *parser) power() expr {
	return p.binary(func() byte {
		if p.has("**") {
			p.pos += 2
			return '^'
		}
		return 0
	}, (*parser).negation)
}

func (p *parser) operator(a, b byte) byte {
	if c := p.peek(); c == a || c == b {
		p.pos++
		return c
	}
	return 0
}

func (p *parser) negation() expr {
	signs := 0
	for p.space(); p.peek() == '-'; p.space() {
		p.pos++
		signs++
	}
	if signs == 0 {
		return parsePostfix(p)
	}
	e := p.operand(parsePostfix)
	if e == nil {
		return nil
	}
	if signs > MaxDepth {
		p.tooDeep = true
		return nil
	}
	for ; signs > 0; signs-- {
		e = &negation{of: e}
	}
	return e
}
