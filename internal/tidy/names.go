package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// emptyNames are package names that say nothing; code lives with its subject.
var emptyNames = []string{"common", "util", "utils", "helper", "helpers", "base", "misc", "shared"}

// checkNames refuses packages whose name says nothing.
func checkNames(h *House) (found []Offence) {
	for _, p := range h.Packages {
		if slices.Contains(emptyNames, p.Name) {
			found = append(found, Offence{Where: p.Path, Name: p.Path, What: fmt.Sprintf("a package named %s says nothing: put the code with its subject", p.Name)})
		}
	}
	return found
}

// checkDocumented refuses packages and exported names without a doc comment.
func checkDocumented(h *House) (found []Offence) {
	for _, p := range h.Packages {
		if len(p.Files) == 0 {
			continue
		}
		if !slices.ContainsFunc(p.Files, func(f *File) bool { return f.Syntax.Doc != nil }) {
			found = append(found, Offence{Where: p.Path, Name: p.Path, What: "the package has no package comment: say in one file what it is"})
		}
		if p.Name == "main" {
			continue
		}
		for _, f := range p.Files {
			for _, name := range undocumented(f.Syntax) {
				found = append(found, Offence{
					Where: h.at(name.Pos()), Name: p.Path + "." + name.Name,
					What: fmt.Sprintf("%s has no doc comment: say what it is, its units and its errors", name.Name),
				})
			}
		}
	}
	return found
}

// undocumented lists the exported names of a file that nothing explains. The comment of a group
// of constants or variables explains its members.
func undocumented(f *ast.File) (names []*ast.Ident) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && isExportedReceiver(d) {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if d.Doc != nil && s.Assign.IsValid() {
						continue // the comment of a group explains its aliases
					}
					if s.Name.IsExported() && s.Doc == nil && (d.Doc == nil || len(d.Specs) > 1) {
						names = append(names, s.Name)
					}
				case *ast.ValueSpec:
					if d.Tok != token.IMPORT && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						names = append(names, exported(s.Names)...)
					}
				}
			}
		}
	}
	return names
}

// isExportedReceiver tells whether people outside see the function: it has no receiver, or one
// of an exported type.
func isExportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

func exported(names []*ast.Ident) (list []*ast.Ident) {
	for _, n := range names {
		if n.IsExported() {
			list = append(list, n)
		}
	}
	return list
}
