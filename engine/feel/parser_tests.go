package feel

// parseUnaryTests reads the cell of a decision table: "-", "not(tests)" or tests separated by commas.
func parseUnaryTests(p *parser) expr {
	p.space()
	if p.peek() == '-' {
		back := p.pos
		p.pos++
		if p.space(); p.pos == len(p.src) {
			return &anyInput{}
		}
		p.pos = back
	}
	return parseTests(p)
}

// parseTests reads tests separated by commas.
func parseTests(p *parser) expr {
	var all []expr
	for {
		t := parseTest(p)
		if t == nil {
			return nil
		}
		all = append(all, t)
		if !p.symbol(",") {
			break
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	for i, t := range all {
		all[i] = grouped(t)
	}
	return &testList{all}
}

// parseTest reads one test: a negation or an expression (of which ranges and "< 5" are special forms).
func parseTest(p *parser) expr {
	if negated, isNegation := parseNotTests(p); isNegation {
		return negated
	}
	return p.expression()
}

// parseNotTests reads "not(tests)".
func parseNotTests(p *parser) (expr, bool) {
	p.space()
	back := p.pos
	if !p.atWord("not") {
		return nil, false
	}
	p.pos += len("not")
	if p.space(); p.peek() != '(' {
		p.pos = back
		return nil, false
	}
	if !p.enter() {
		return nil, true
	}
	defer p.leave()
	p.pos++
	inner := parseTests(p)
	if inner == nil || !p.symbol(")") {
		return nil, true
	}
	return &notTests{[]expr{grouped(inner)}}, true
}

// grouped marks a boolean in parentheses or in a list of tests: it is the answer itself, where a single one is compared
// with the input (feel-scala).
func grouped(test expr) expr {
	if l, isLiteral := test.(*literal); isLiteral && l.value.kind == KindBoolean {
		return &ownTest{l}
	}
	return test
}

// parseTestAfterIn reads the right side of "in": one test, or tests in parentheses.
func parseTestAfterIn(p *parser) expr {
	if negated, isNegation := parseNotTests(p); isNegation {
		return negated
	}
	if p.space(); p.peek() != '(' {
		return p.comparison()
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.pos++
	first := parseTest(p)
	if first == nil {
		return nil
	}
	if p.space(); p.has("..") {
		return parseRangeTail(p, '(', first)
	}
	list := &testList{[]expr{grouped(first)}}
	for p.symbol(",") {
		next := parseTest(p)
		if next == nil {
			return nil
		}
		list.tests = append(list.tests, grouped(next))
	}
	if !p.symbol(")") {
		return nil
	}
	return list
}

// parseTypeRef reads the name of a type, in the DMN profile with its arguments.
func parseTypeRef(p *parser) *typeRef {
	p.space()
	for _, name := range [...]string{"date and time", "days and time duration", "years and months duration"} {
		if p.atWord(name) {
			p.pos += len(name)
			return &typeRef{name: name}
		}
	}
	name := "function"
	if p.atWord(name) {
		p.pos += len(name)
	} else {
		var ok bool
		if name, ok = p.name(); !ok {
			p.want("a type")
			return nil
		}
	}
	t := &typeRef{name: name}
	if p.profile == DMN {
		return parseTypeArguments(p, t)
	}
	return t
}

func parseTypeArguments(p *parser, t *typeRef) *typeRef {
	if p.space(); p.peek() != '<' {
		return t
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.pos++
	for p.space(); p.peek() != '>'; p.space() {
		if t.name == "context" {
			key := p.words()
			if key == "" || !p.symbol(":") {
				return nil
			}
			t.keys = append(t.keys, key)
		}
		arg := parseTypeRef(p)
		if arg == nil {
			return nil
		}
		t.args = append(t.args, arg)
		if !p.symbol(",") {
			break
		}
	}
	if !p.symbol(">") {
		return nil
	}
	if t.name == "function" && p.symbol("->") {
		if t.result = parseTypeRef(p); t.result == nil {
			return nil
		}
	}
	return t
}
