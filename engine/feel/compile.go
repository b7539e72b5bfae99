package feel

import (
	"slices"
)

// compiler turns a syntax tree into closures. It knows every name that the text itself binds, so that such a variable
// is a slot; only names it does not know are looked up in the scope when the closure runs.
type compiler struct {
	profile   Profile
	layers    []layer
	slots     int // in use
	most      int // ever in use
	variables []string
	usesInput bool // an input value ("?") was compiled
}

// layer is one level of names: bound ones, or the keys of a filtered item, which are known only at run time.
type layer struct {
	name    string
	slot    int
	dynamic bool
}

func newCompiler(p Profile) *compiler { return &compiler{profile: p} }

func (c *compiler) program(source string, eval node) *Program {
	slices.Sort(c.variables)
	return &Program{source: source, profile: c.profile, variables: slices.Compact(c.variables), slots: c.most, eval: eval}
}

// push binds a name to a new slot.
func (c *compiler) push(name string) (slot int) {
	slot = c.slots
	c.slots++
	c.most = max(c.most, c.slots)
	c.layers = append(c.layers, layer{name: name, slot: slot})
	return slot
}

// pushItem makes the keys of the context in a new slot visible, and the item itself as "item".
func (c *compiler) pushItem() (slot int) {
	slot = c.push("item")
	c.layers = append(c.layers, layer{slot: slot, dynamic: true})
	return slot
}

// mark and release bound names in a stack-like way.
func (c *compiler) mark() (layers, slots int) { return len(c.layers), c.slots }

func (c *compiler) release(layers, slots int) {
	c.layers, c.slots = c.layers[:layers], slots
}

func (c *compiler) compile(e expr) node {
	switch e := e.(type) {
	case *literal:
		v := e.value
		return func(*machine) Value { return v }
	case *nameRef:
		return c.name(e.name)
	case *inputRef:
		c.usesInput = true
		return c.input()
	case *path:
		return compilePath(c, e)
	case *filter:
		return compileFilter(c, e)
	case *negation:
		return compileNegation(c, e)
	case *arithmetic:
		return compileArithmetic(c, e)
	case *comparison:
		return compileComparison(c, e)
	case *logic:
		return compileLogic(c, e)
	case *between:
		return compileBetween(c, e)
	case *instanceOf:
		return compileInstanceOf(c, e)
	case *inTests:
		return compileInTests(c, e)
	case *conditional:
		return c.conditional(e)
	case *loop:
		return compileLoop(c, e)
	case *quantified:
		return compileQuantified(c, e)
	case *listLiteral:
		return c.list(e)
	case *contextLiteral:
		return c.context(e)
	case *lambda:
		return compileLambda(c, e)
	case *call:
		return compileCall(c, e)
	case *rangeLiteral:
		if c.profile == DMN {
			return c.rangeValue(e)
		}
	}
	return compileTest(c, e) // what tests an input value; without one it is null
}

func (c *compiler) compileAll(list []expr) []node {
	nodes := make([]node, len(list))
	for i, e := range list {
		nodes[i] = c.compile(e)
	}
	return nodes
}

// find returns the slots of filtered items that could have a key of that name, from the inside out, and the slot it is
// bound to, or -1.
func (c *compiler) find(name string) (items []int, slot int) {
	for i := len(c.layers) - 1; i >= 0; i-- {
		switch l := c.layers[i]; {
		case l.dynamic:
			items = append(items, l.slot)
		case l.name == name:
			return items, l.slot
		}
	}
	return items, -1
}

func (c *compiler) name(name string) node {
	items, slot := c.find(name)
	rest := func(m *machine) Value { return m.locals[slot] }
	if slot < 0 {
		c.variables = append(c.variables, name)
		rest = func(m *machine) Value {
			if m.scope != nil {
				if v, found := m.scope.Lookup(name); found {
					return v
				}
			}
			m.warn(NoVariableFound, "No variable found with name '#'", name)
			return Value{x: missing}
		}
	}
	if len(items) == 0 {
		return rest
	}
	return func(m *machine) Value {
		for _, item := range items {
			if ctx := m.locals[item]; ctx.kind == KindContext {
				if v, found := m.get(ctx, name); found {
					return v
				}
			}
		}
		return rest(m)
	}
}

func (c *compiler) input() node {
	if _, slot := c.find("?"); slot >= 0 {
		return func(m *machine) Value { return m.locals[slot] }
	}
	return func(m *machine) Value {
		return m.warn(NoVariableFound, "No input value found.", "")
	}
}

func (c *compiler) list(e *listLiteral) node {
	nodes := c.compileAll(e.items)
	return func(m *machine) Value {
		if !m.grow(valueSize * len(nodes)) {
			return Null
		}
		items := make([]Value, len(nodes))
		for i, n := range nodes {
			items[i] = n(m)
		}
		return List(items...)
	}
}

// context compiles a context literal: an entry sees the ones before it.
func (c *compiler) context(e *contextLiteral) node {
	layers, slots := c.mark()
	nodes := make([]node, len(e.keys))
	bound := make([]int, len(e.keys))
	for i, key := range e.keys {
		nodes[i] = c.compile(e.values[i])
		bound[i] = c.push(key)
	}
	c.release(layers, slots)
	keys := e.keys
	return func(m *machine) Value {
		if !m.grow(entrySize * len(nodes)) {
			return Null
		}
		list := entryList{entries: make([]Entry, 0, len(nodes))}
		for i, n := range nodes {
			v := n(m)
			m.locals[bound[i]] = v
			list.set(keys[i], v)
		}
		return NewContext(list.entries...)
	}
}

func (c *compiler) conditional(e *conditional) node {
	condition, yes, no := c.compile(e.condition), c.compile(e.yes), c.compile(e.no)
	return func(m *machine) Value {
		if m.condition(condition(m)) == yesTri {
			return yes(m)
		}
		return no(m)
	}
}

// rangeValue makes a range that is a value: an argument of a function, in the DMN profile anywhere.
func (c *compiler) rangeValue(e *rangeLiteral) node {
	low, high := c.compile(e.low), c.compile(e.high)
	return func(m *machine) Value {
		return NewRange(Range{Low: low(m), High: high(m), LowClosed: e.lowClosed, HighClosed: e.highClosed})
	}
}

// Sizes that the budget counts.
const (
	valueSize = 24
	entrySize = 40
)
