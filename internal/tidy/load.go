package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Load reads the module in the folder: its packages with types, its test files and documents.
// The rules cannot look at a package that does not compile; it is kept as an offence.
func Load(root string) (*House, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	house := &House{Root: root, Fset: token.NewFileSet()}
	loaded, err := packages.Load(&packages.Config{
		Dir: root, Fset: house.Fset,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
	}, "./...")
	if err != nil {
		return nil, fmt.Errorf("the packages of %s cannot be listed: %w", root, err)
	}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			house.broken = append(house.broken, Offence{
				Rule: "compiles", Where: p.PkgPath, Name: p.PkgPath,
				What: fmt.Sprintf("does not compile, so the rules cannot look at it: %v", p.Errors[0]),
			})
			continue
		}
		house.Packages = append(house.Packages, house.makePackage(p))
	}
	return house, house.walk()
}

func (h *House) makePackage(p *packages.Package) *Package {
	pkg := &Package{Package: p, Path: strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module), "/")}
	for _, syntax := range p.Syntax {
		position := h.Fset.Position(syntax.FileStart)
		// cgo's intermediate files live in the build cache.
		if ast.IsGenerated(syntax) || !strings.HasPrefix(position.Filename, h.Root) {
			continue
		}
		pkg.Files = append(pkg.Files, &File{h.relative(position.Filename), syntax, h.Fset.File(syntax.FileStart).LineCount()})
	}
	return pkg
}

// walk finds the test files and documents; folders of other people's code are left out.
func (h *House) walk() error {
	return filepath.WalkDir(h.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			skip := path != h.Root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "target" || name == "bin" || name == "payhub-data")
			if skip {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case strings.HasSuffix(name, "_test.go"):
			return h.addTest(path)
		case strings.HasSuffix(name, ".md"):
			h.Documents = append(h.Documents, h.relative(path))
		}
		return nil
	})
}

func (h *House) addTest(path string) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(h.Fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if !ast.IsGenerated(syntax) {
		h.Tests = append(h.Tests, &File{h.relative(path), syntax, bytes.Count(src, []byte("\n"))})
	}
	return nil
}
