package tidy

import (
	"fmt"
	"go/ast"
	"go/types"
)

// The sizes above which a thing is two things.
const (
	maxFileLines     = 500
	maxFunctionLines = 70
	maxFields        = 20
	maxMethods       = 25
)

// checkFileLength refuses long files, tests too.
func checkFileLength(h *House) (found []Offence) {
	check := func(f *File) {
		if f.Lines > maxFileLines {
			found = append(found, Offence{Where: f.Path, Name: f.Path, What: fmt.Sprintf("has %d lines, %d are allowed: split it by subject", f.Lines, maxFileLines)})
		}
	}
	for _, p := range h.Packages {
		for _, f := range p.Files {
			check(f)
		}
	}
	for _, f := range h.Tests {
		check(f)
	}
	return found
}

// checkFunctionLength refuses long functions. In tests the lines of a table do not count: a
// table is data.
func checkFunctionLength(h *House) (found []Offence) {
	check := func(f *File, tables bool) {
		for _, d := range f.Syntax.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := h.lines(function)
			if tables && function.Body != nil {
				lines -= h.tableLines(function.Body)
			}
			if lines > maxFunctionLines {
				found = append(found, Offence{
					Where: h.at(function.Pos()), Name: f.Path + " " + function.Name.Name,
					What: fmt.Sprintf("%s has %d lines, %d are allowed: give its parts names", function.Name.Name, lines, maxFunctionLines),
				})
			}
		}
	}
	for _, p := range h.Packages {
		for _, f := range p.Files {
			check(f, false)
		}
	}
	for _, f := range h.Tests {
		check(f, true)
	}
	return found
}

// lines is the number of lines of a node.
func (h *House) lines(n ast.Node) int {
	return h.Fset.Position(n.End()).Line - h.Fset.Position(n.Pos()).Line + 1
}

// tableLines is the number of lines that composite literals and texts take.
func (h *House) tableLines(body ast.Node) (lines int) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.CompositeLit, *ast.BasicLit:
			lines += h.lines(n) - 1
			return false
		}
		return true
	})
	return lines
}

// checkTypeSize refuses types that do too much. The configuration is a list by nature.
func checkTypeSize(h *House) (found []Offence) {
	for _, p := range h.Packages {
		if p.Path == "internal/config" || len(p.Files) == 0 {
			continue
		}
		scope := p.Types.Scope()
		for _, name := range scope.Names() {
			object, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || object.IsAlias() || !h.written(p, object) {
				continue
			}
			named, ok := object.Type().(*types.Named)
			if !ok {
				continue
			}
			if s, ok := named.Underlying().(*types.Struct); ok && s.NumFields() > maxFields {
				found = append(found, Offence{Where: h.at(object.Pos()), Name: p.Path + "." + name, What: fmt.Sprintf("%s has %d fields, %d are allowed: group what belongs together", name, s.NumFields(), maxFields)})
			}
			if n := exportedMethods(named); n > maxMethods {
				found = append(found, Offence{Where: h.at(object.Pos()), Name: p.Path + "." + name + " methods", What: fmt.Sprintf("%s has %d exported methods, %d are allowed: split the type", name, n, maxMethods)})
			}
		}
	}
	return found
}

// exportedMethods counts what others can ask of a type. Unexported methods do not count: a parser
// has one per rule of its grammar.
func exportedMethods(t *types.Named) (n int) {
	for i := range t.NumMethods() {
		if t.Method(i).Exported() {
			n++
		}
	}
	return n
}

// written tells whether a name stands in a file that people write.
func (h *House) written(p *Package, object types.Object) bool {
	file := h.relative(h.Fset.Position(object.Pos()).Filename)
	for _, f := range p.Files {
		if f.Path == file {
			return true
		}
	}
	return false
}
