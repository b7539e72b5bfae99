package feel

// unaryTests reads the cell of a decision table: "-", "not(tests)" or tests separated by commas.
func (p *parser) unaryTests() expr {
	p.space()
	if p.peek() == '-' {
		back := p.pos
		p.pos++
		if p.space(); p.pos == len(p.src) {
			return &anyInput{}
		}
		p.pos = back
	}
	return p.tests()
}

// tests reads tests separated by commas.
func (p *parser) tests() expr {
	var all []expr
	for {
		t := p.test()
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
	return &testList{all}
}

// test reads one test: a negation or an expression (of which ranges and "< 5" are special forms).
func (p *parser) test() expr {
	if negated, isNegation := p.notTests(); isNegation {
		return negated
	}
	return p.expression()
}

// notTests reads "not(tests)".
func (p *parser) notTests() (expr, bool) {
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
	inner := p.tests()
	if inner == nil || !p.symbol(")") {
		return nil, true
	}
	return &notTests{[]expr{inner}}, true
}

// testAfterIn reads the right side of "in": one test, or tests in parentheses.
func (p *parser) testAfterIn() expr {
	if negated, isNegation := p.notTests(); isNegation {
		return negated
	}
	if p.space(); p.peek() != '(' {
		if p.peek() == '-' {
			p.want("a test")
			return nil
		}
		return p.comparison()
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.pos++
	first := p.test()
	if first == nil {
		return nil
	}
	if p.space(); p.has("..") {
		return p.rangeTail('(', first)
	}
	list := &testList{[]expr{first}}
	for p.symbol(",") {
		next := p.test()
		if next == nil {
			return nil
		}
		list.tests = append(list.tests, next)
	}
	if !p.symbol(")") {
		return nil
	}
	return list
}

// typeRef reads the name of a type, in the DMN profile with its arguments.
func (p *parser) typeRef() *typeRef {
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
		return p.typeArguments(t)
	}
	return t
}

func (p *parser) typeArguments(t *typeRef) *typeRef {
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
		arg := p.typeRef()
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
		if t.result = p.typeRef(); t.result == nil {
			return nil
		}
	}
	return t
}
