package tidy

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// dependencyTable says why there is each direct dependency.
const dependencyTable = "docs/dependencies.md"

// required is a line of go.mod that demands a module.
var required = regexp.MustCompile(`^(?:require\s+)?([a-z0-9.-]+\.[a-z]+/\S+)\s+v\S+$`)

// checkDependencies refuses direct dependencies that the table does not explain.
func checkDependencies(h *House) (found []Offence) {
	mod, err := os.ReadFile(filepath.Join(h.Root, "go.mod"))
	if err != nil {
		return []Offence{{Where: "go.mod", Name: "go.mod", What: err.Error()}}
	}
	table, _ := os.ReadFile(filepath.Join(h.Root, filepath.FromSlash(dependencyTable)))
	explained := strings.FieldsFunc(string(table), func(r rune) bool { return strings.ContainsRune(" ,|\n", r) })
	known := map[string]bool{}
	for _, word := range explained {
		known[word] = true
	}
	for i, line := range strings.Split(string(mod), "\n") {
		m := required.FindStringSubmatch(strings.TrimSpace(line))
		if m != nil && !known[m[1]] {
			found = append(found, Offence{
				Where: fmt.Sprintf("go.mod:%d", i+1), Name: m[1],
				What: fmt.Sprintf("%s is not in %s: say what it is for, why this one, and what is lost without it", m[1], dependencyTable),
			})
		}
	}
	return found
}
