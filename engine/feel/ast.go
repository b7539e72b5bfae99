package feel

// expr is a node of the syntax tree. The tree lives from parse to compile.
type expr interface{}

type (
	literal  struct{ value Value }
	nameRef  struct{ name string }
	inputRef struct{} // ?
	path     struct {
		of  expr
		key string
	}
	filter     struct{ of, condition expr }
	negation   struct{ of expr }
	arithmetic struct {
		op   byte // + - * / ^
		l, r expr
	}
	comparison struct {
		op   comparator
		l, r expr
	}
	logic struct {
		or    bool
		terms []expr
	}
	between    struct{ x, low, high expr }
	instanceOf struct {
		x  expr
		of *typeRef
	}
	inTests     struct{ x, test expr }
	conditional struct{ condition, yes, no expr }
	loop        struct {
		iterators []iterator
		body      expr
	}
	quantified struct {
		every     bool
		iterators []iterator
		condition expr
	}
	iterator struct {
		name     string
		from, to expr // to nil: from is a list
	}
	listLiteral    struct{ items []expr }
	contextLiteral struct {
		keys   []string
		values []expr
	}
	rangeLiteral struct {
		low, high             expr
		lowClosed, highClosed bool
	}
	lambda struct {
		params   []string
		types    []*typeRef // nil where a parameter has none
		body     expr
		external bool
	}
	call struct {
		target expr // the context that holds the function; nil for a plain name
		callee expr // DMN: a function that is the result of an expression; then target and name are empty
		name   string
		args   []expr
		params []string // names of the arguments; nil when positional
	}
)

// Tests stand where an input value is tested: in cells of a decision table and behind "in".
type (
	// compareTest is "< 5".
	compareTest struct {
		op comparator
		to expr
	}
	testList struct{ tests []expr }
	notTests struct{ tests []expr }
	anyInput struct{}
	// ownTest is a boolean that is not compared with the input.
	ownTest struct{ of expr }
)

// comparator is a comparison operator.
type comparator uint8

const (
	equal comparator = iota
	notEqual
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// typeRef is a type behind "instance of" or of a parameter, with its arguments: list<number>, context<a: number>,
// range<date>, function<number> -> string.
type typeRef struct {
	name   string
	args   []*typeRef
	keys   []string // of a context type
	result *typeRef // of a function type
}
