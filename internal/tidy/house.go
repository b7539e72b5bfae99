// Package tidy holds the house rules as tests: what each package may import, what the pure
// packages must not do, how long a file and a function may be, and that names are documented and
// links alive. The rules are data and small functions here; house_test.go runs them over the
// whole module, and rules_test.go shows that each rule catches what it should.
package tidy

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// module is the path that begins the import path of every package of the house.
const module = "github.com/payhub/payhub"

// House is what the rules look at: the packages of the module and its documents.
type House struct {
	// Root is the folder of the module.
	Root string
	// Packages are the module's packages with syntax and types, without tests.
	Packages []*Package
	// Tests are the parsed test files of the module.
	Tests []*File
	// Documents are the Markdown files, as paths from the root.
	Documents []string
	// Fset gives positions.
	Fset *token.FileSet

	broken []Offence
}

// Package is one package of the module.
type Package struct {
	*packages.Package
	// Path is its folder from the root, with slashes: engine/record.
	Path string
	// Files are the files that people write; generated ones are left out.
	Files []*File
}

// File is one Go file.
type File struct {
	// Path is the file from the root, with slashes.
	Path string
	// Syntax is what it says.
	Syntax *ast.File
	// Lines is its number of lines.
	Lines int
}

// Offence is one place where the house breaks a rule.
type Offence struct {
	// Rule is the name of the rule.
	Rule string
	// Where is file:line, or a file, or a package.
	Where string
	// Name is what the allow-list calls it: a stable name without a line number.
	Name string
	// What says what is wrong and how to cure it.
	What string
}

// String prints an offence on one line.
func (o Offence) String() string { return o.Where + ": " + o.What }

// Rule is one house rule.
type Rule struct {
	// Name is the name in reports and in the allow-list.
	Name string
	// Check finds every offence.
	Check func(*House) []Offence
}

// Rules lists every rule.
func Rules() []Rule {
	return []Rule{
		{"imports", checkImports},
		{"cgo", checkCgo},
		{"pure", checkPure},
		{"names", checkNames},
		{"documented", checkDocumented},
		{"file-length", checkFileLength},
		{"function-length", checkFunctionLength},
		{"type-size", checkTypeSize},
		{"money", checkMoney},
		{"links", checkLinks},
		{"dependencies", checkDependencies},
	}
}

// Inspect runs every rule and takes out what the allow-list allows. Allowances that allow
// nothing any more are offences too: the list may only shrink.
func Inspect(house *House, allowed []Allowance) []Offence {
	used := make([]bool, len(allowed))
	rest := slices.Clone(house.broken)
	for _, rule := range Rules() {
		for _, offence := range rule.Check(house) {
			offence.Rule = rule.Name
			if i := allowance(allowed, offence); i >= 0 {
				used[i] = true
				continue
			}
			rest = append(rest, offence)
		}
	}
	for i, a := range allowed {
		if !used[i] {
			rest = append(rest, Offence{
				Rule: "allow-list", Where: "internal/tidy/allow.go", Name: a.Name,
				What: fmt.Sprintf("the allowance of %s for %s is no longer needed: remove it", a.Rule, a.Name),
			})
		}
	}
	slices.SortFunc(rest, func(a, b Offence) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Where, b.Where), cmp.Compare(a.What, b.What))
	})
	return rest
}

func allowance(allowed []Allowance, o Offence) int {
	for i, a := range allowed {
		if a.Rule == o.Rule && a.Name == o.Name {
			return i
		}
	}
	return -1
}

// at gives file:line of a node in the package's files.
func (h *House) at(pos token.Pos) string {
	p := h.Fset.Position(pos)
	return fmt.Sprintf("%s:%d", h.relative(p.Filename), p.Line)
}

// relative gives a file's path from the root, with slashes.
func (h *House) relative(file string) string {
	if rel, err := filepath.Rel(h.Root, file); err == nil {
		return filepath.ToSlash(rel)
	}
	return file
}

// within tells whether a package path is the given one or below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}
