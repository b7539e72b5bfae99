package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// purePackages must give the same result for the same input on every machine and at every time.
var purePackages = []string{
	"engine/record", "engine/feel", "engine/bpmn", "engine/dmn", "engine/state", "engine/apply",
	"engine/step", "engine/element", "engine/process", "engine/core", "engine/delivery",
	"engine/cluster/placement",
}

// impureImports are packages of the standard library that reach outside, run things at the same
// time or are random; with those below them.
var impureImports = []string{
	"os", "net", "sync", "context", "math/rand", "crypto/rand", "hash/maphash", "log", "syscall",
	"runtime", "database/sql", "testing", "plugin", "weak", "io/ioutil",
}

// pureModules are the modules outside the standard library that pure packages may use.
var pureModules = []string{
	"github.com/cockroachdb/apd/v3", "github.com/google/btree", "github.com/goccy/go-yaml",
}

// impureCalls are names of otherwise pure packages that read a clock, a machine's files or
// iterate in random order.
var impureCalls = map[string]string{
	"time.Now": "reads the clock", "time.Since": "reads the clock", "time.Until": "reads the clock",
	"time.Sleep": "waits", "time.After": "waits", "time.AfterFunc": "waits", "time.Tick": "waits",
	"time.NewTimer": "waits", "time.NewTicker": "waits", "time.Local": "is this machine's zone",
	"time.LoadLocation": "reads this machine's time zone files",
	"maps.Keys":         "iterates in random order", "maps.Values": "iterates in random order", "maps.All": "iterates in random order",
	"reflect.Value.MapKeys": "iterates in random order", "reflect.Value.MapRange": "iterates in random order", "reflect.Value.Seq2": "may iterate in random order",
	"unique.Make": "shares state",
}

// sorters are the calls that make the order of maps.Keys and maps.Values not matter.
var sorters = []string{"slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc"}

// checkPure refuses everything in the pure packages that could differ between two runs.
func checkPure(h *House) (found []Offence) {
	for _, p := range h.Packages {
		if !slices.ContainsFunc(purePackages, func(pure string) bool { return within(p.Path, pure) }) {
			continue
		}
		c := purity{house: h, pkg: p, sorted: map[ast.Node]bool{}}
		for _, f := range p.Files {
			c.imports(f)
			ast.Inspect(f.Syntax, c.node)
		}
		found = append(found, c.found...)
	}
	return found
}

// purity looks at one pure package.
type purity struct {
	house *House
	pkg   *Package
	// sorted are calls whose result is sorted at once.
	sorted map[ast.Node]bool
	inside string
	found  []Offence
}

func (c *purity) imports(f *File) {
	for _, spec := range f.Syntax.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		first, _, _ := strings.Cut(path, "/")
		switch {
		case within(path, module):
		case strings.Contains(first, "."):
			if !slices.ContainsFunc(pureModules, func(m string) bool { return within(path, m) }) {
				c.refuse(spec, path, "imports %s: only %s are known to be pure", path, strings.Join(pureModules, ", "))
			}
		case slices.ContainsFunc(impureImports, func(impure string) bool { return within(path, impure) }):
			c.refuse(spec, path, "imports %s: take what is needed as a value (time and seed enter through Decide)", path)
		}
	}
}

// node looks at one node of the syntax; it goes on into every node.
func (c *purity) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		c.inside = n.Name.Name
		if n.Recv == nil && n.Name.Name == "init" {
			c.refuse(n, "init", "has an init function: make the value where it is declared")
		}
	case *ast.GoStmt:
		c.refuse(n, "go", "starts a goroutine")
	case *ast.SelectStmt:
		c.refuse(n, "select", "waits on channels")
	case *ast.ChanType:
		c.refuse(n, "chan", "uses a channel")
	case *ast.RangeStmt:
		if c.isMap(n.X) {
			c.refuse(n, "range "+types.ExprString(n.X), "ranges over a map, whose order is random: range over slices.Sorted(maps.Keys(…)) or keep a slice")
		}
	case *ast.CallExpr:
		if slices.Contains(sorters, c.nameOf(n.Fun)) && len(n.Args) > 0 {
			if inner, ok := n.Args[0].(*ast.CallExpr); ok {
				c.sorted[inner.Fun] = true
			}
		}
	case *ast.SelectorExpr:
		name := c.nameOf(n)
		if why, ok := impureCalls[name]; ok && !c.sorted[n] {
			c.refuse(n, name, "%s %s: take it as a value, or sort it with slices.Sorted", name, why)
		}
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, left := range n.Lhs {
				c.assigned(left)
			}
		}
	case *ast.IncDecStmt:
		c.assigned(n.X)
	}
	return true
}

// assigned refuses a change of a package-level variable or of something in it.
func (c *purity) assigned(target ast.Expr) {
	for {
		switch t := target.(type) {
		case *ast.ParenExpr:
			target = t.X
			continue
		case *ast.IndexExpr:
			target = t.X
			continue
		case *ast.StarExpr:
			target = t.X
			continue
		case *ast.SelectorExpr:
			if _, isPackage := c.pkg.TypesInfo.Uses[identOf(t.X)].(*types.PkgName); isPackage {
				target = t.Sel
			} else {
				target = t.X
			}
			continue
		case *ast.Ident:
			if v, ok := c.pkg.TypesInfo.Uses[t].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
				c.refuse(t, "var "+t.Name, "changes the package-level variable %s: pass it as a value", t.Name)
			}
		}
		return
	}
}

// isMap tells whether ranging over the expression is ranging over a map.
func (c *purity) isMap(x ast.Expr) bool {
	t := c.pkg.TypesInfo.TypeOf(x)
	if t == nil {
		return false
	}
	if param, ok := t.(*types.TypeParam); ok {
		t = only(param.Constraint())
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// only gives the one type of a constraint such as ~map[K]V, or the constraint itself.
func only(constraint types.Type) types.Type {
	iface, ok := constraint.Underlying().(*types.Interface)
	if !ok || iface.NumEmbeddeds() != 1 {
		return constraint
	}
	if union, ok := iface.EmbeddedType(0).(*types.Union); ok && union.Len() == 1 {
		return union.Term(0).Type()
	}
	return iface.EmbeddedType(0)
}

// nameOf gives the full name of what a selector names: time.Now, reflect.Value.MapKeys; without
// type arguments. "" for anything else.
func (c *purity) nameOf(x ast.Expr) string {
	if index, ok := x.(*ast.IndexExpr); ok {
		x = index.X
	}
	selector, ok := x.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	object := c.pkg.TypesInfo.Uses[selector.Sel]
	if object == nil || object.Pkg() == nil {
		return ""
	}
	if f, ok := object.(*types.Func); ok {
		if recv := f.Signature().Recv(); recv != nil {
			t := recv.Type()
			if pointer, ok := t.(*types.Pointer); ok {
				t = pointer.Elem()
			}
			if named, ok := t.(*types.Named); ok {
				return object.Pkg().Path() + "." + named.Obj().Name() + "." + object.Name()
			}
			return ""
		}
	}
	return object.Pkg().Path() + "." + object.Name()
}

func identOf(x ast.Expr) *ast.Ident {
	id, _ := x.(*ast.Ident)
	return id
}

func (c *purity) refuse(n ast.Node, name, format string, args ...any) {
	c.found = append(c.found, Offence{
		Where: c.house.at(n.Pos()), Name: c.pkg.Path + "." + c.inside + " " + name,
		What: fmt.Sprintf("the pure package %s "+format, append([]any{c.pkg.Path}, args...)...),
	})
}
