package oracle

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expr is a condition of a flow: comparisons of variables and literals with and, or, parentheses, and "some x in list
// satisfies …". It is only a guess that chooses variables; what is then taken, Zeebe says. Absent values are nil and
// compare as false, as in FEEL.
type expr interface {
	eval(vars map[string]any) any
	walk(visit func(expr))
}

type (
	literal struct{ value any }
	name    struct{ id string }
	binary  struct {
		op          string
		left, right expr
	}
	some struct {
		id         string
		list, cond expr
	}
)

func (e literal) eval(map[string]any) any   { return e.value }
func (e name) eval(vars map[string]any) any { return vars[e.id] }
func (e literal) walk(visit func(expr))     { visit(e) }
func (e name) walk(visit func(expr))        { visit(e) }

func (e binary) walk(visit func(expr)) {
	visit(e)
	e.left.walk(visit)
	e.right.walk(visit)
}

func (e some) walk(visit func(expr)) {
	visit(e)
	e.list.walk(visit)
	e.cond.walk(visit)
}

func (e some) eval(vars map[string]any) any {
	list, _ := e.list.eval(vars).([]any)
	for _, x := range list {
		inner := maps.Clone(vars)
		inner[e.id] = x
		if e.cond.eval(inner) == true {
			return true
		}
	}
	return false
}

// eval is three-valued: what compares values of different kinds is nil.
func (e binary) eval(vars map[string]any) any {
	l, r := e.left.eval(vars), e.right.eval(vars)
	switch e.op {
	case "and":
		return both(l, r, false)
	case "or":
		return both(l, r, true)
	case "=", "!=":
		if l != nil && r != nil && fmt.Sprintf("%T", l) != fmt.Sprintf("%T", r) {
			return nil
		}
		return (fmt.Sprint(l) == fmt.Sprint(r)) == (e.op == "=")
	}
	x, ok := l.(int)
	y, ok2 := r.(int)
	if !ok || !ok2 {
		return nil
	}
	switch e.op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	}
	return x >= y
}

// both is a conjunction if decisive is false, a disjunction if it is true.
func both(l, r any, decisive bool) any {
	switch {
	case l == decisive || r == decisive:
		return decisive
	case l == !decisive && r == !decisive:
		return !decisive
	}
	return nil
}

var token = regexp.MustCompile(`\s*("[^"]*"|[0-9]+|[A-Za-z_][A-Za-z0-9_.]*|<=|>=|!=|[<>=()])`)

// parseCondition parses the text of a condition, with or without its leading '='.
func parseCondition(text string) (expr, error) {
	p := &conditionParser{}
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "="))
	for strings.TrimSpace(rest) != "" {
		m := token.FindStringSubmatchIndex(rest)
		if m == nil || m[0] != 0 {
			return nil, fmt.Errorf("condition %q: not understood at %q", text, rest)
		}
		p.tokens = append(p.tokens, rest[m[2]:m[3]])
		rest = rest[m[1]:]
	}
	e := p.or()
	if len(p.tokens) > 0 {
		return nil, fmt.Errorf("condition %q: not understood at %q", text, strings.Join(p.tokens, " "))
	}
	return e, nil
}

type conditionParser struct{ tokens []string }

func (p *conditionParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *conditionParser) take(options ...string) string {
	if len(p.tokens) > 0 && slices.Contains(options, p.tokens[0]) {
		return p.next()
	}
	return ""
}

func (p *conditionParser) or() expr {
	e := p.and()
	for p.take("or") != "" {
		e = binary{"or", e, p.and()}
	}
	return e
}

func (p *conditionParser) and() expr {
	e := p.compare()
	for p.take("and") != "" {
		e = binary{"and", e, p.compare()}
	}
	return e
}

func (p *conditionParser) compare() expr {
	e := p.operand()
	if op := p.take("=", "!=", "<", "<=", ">", ">="); op != "" {
		return binary{op, e, p.operand()}
	}
	return e
}

func (p *conditionParser) operand() expr {
	t := p.next()
	switch {
	case t == "(":
		e := p.or()
		p.take(")")
		return e
	case t == "some":
		id := p.next()
		p.take("in")
		list := p.operand()
		p.take("satisfies")
		return some{id, list, p.or()}
	case t == "true" || t == "false":
		return literal{t == "true"}
	case strings.HasPrefix(t, `"`):
		return literal{strings.Trim(t, `"`)}
	}
	if n, err := strconv.Atoi(t); err == nil {
		return literal{n}
	}
	return name{t}
}

// wish is a condition and what it should come to.
type wish struct {
	condition expr
	want      bool
}

// solve finds values for the variables of the wishes so that all of them come true; ok is false if the values tried hold
// none.
func solve(wishes []wish) (values map[string]any, ok bool) {
	kinds := map[string][]any{} // per variable: the literals it is compared with
	numbers := map[int]bool{0: true, 1: true, 2: true}
	for _, w := range wishes {
		collect(w.condition, kinds, numbers)
	}
	candidates := map[string][]any{}
	for id, literals := range kinds {
		candidates[id] = candidatesLike(literals, numbers)
	}
	values = map[string]any{}
	budget := 300_000
	return values, assign(sorted(candidates), candidates, wishes, values, &budget)
}

// candidatesLike are values of the kinds a variable is compared with, and null, which is neither equal to nor different
// from any of them.
func candidatesLike(literals []any, numbers map[int]bool) []any {
	var out []any
	for _, l := range literals {
		switch l := l.(type) {
		case int:
			for _, n := range slices.Sorted(maps.Keys(numbers)) {
				out = append(out, n)
			}
		case string:
			out = append(out, l, "other")
		case []any:
			// One element below every rate and one above.
			out = append(out, []any{1}, []any{1000})
		}
	}
	if len(out) == 0 {
		out = []any{false, true}
	}
	return append(out, nil)
}

func assign(ids []string, candidates map[string][]any, wishes []wish, values map[string]any, budget *int) bool {
	if len(ids) == 0 {
		*budget--
		for _, w := range wishes {
			if w.condition.eval(values) != w.want {
				return false
			}
		}
		return true
	}
	for _, v := range candidates[ids[0]] {
		if *budget <= 0 {
			return false
		}
		values[ids[0]] = v
		if assign(ids[1:], candidates, wishes, values, budget) {
			return true
		}
	}
	return false
}

// collect gathers, per variable, what it is compared with, and all numbers near those of the conditions.
func collect(e expr, kinds map[string][]any, numbers map[int]bool) {
	bound := map[string]bool{}
	like := func(e expr, literals ...any) {
		v, ok := e.(name)
		if !ok || bound[v.id] {
			return
		}
		if len(kinds[v.id]) > 0 && len(literals) > 0 {
			if _, isNumber := literals[0].(int); isNumber {
				return
			}
		}
		kinds[v.id] = append(kinds[v.id], literals...)
	}
	e.walk(func(e expr) {
		switch e := e.(type) {
		case some:
			bound[e.id] = true
			like(e.list, []any{})
		case name:
			like(e)
		case binary:
			switch literal, _ := e.right.(literal); x := literal.value.(type) {
			case int:
				numbers[x-1], numbers[x], numbers[x+1] = true, true, true
				like(e.left, x)
			case string:
				like(e.left, x)
			default:
				if strings.ContainsAny(e.op, "<>") {
					like(e.left, 0)
					like(e.right, 0)
				}
			}
		}
	})
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
