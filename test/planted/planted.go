// Package planted shows how well the simulator finds bugs: each patch in patches breaks one thing, and worlds of
// engine/sim are run with it until one of them breaks a promise. Most patches are to the engine itself; those to
// engine/sim are to what mirrors Raft, disks and the runtime of a partition there.
package planted

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bug is a deliberate one.
type Bug struct {
	// Number and Name are those of its file, NN-name.patch.
	Number int
	Name   string
	// Broken says what is, in a sentence.
	Broken string
	// Breaks names the promises that are expected to break, by the rules of engine/sim/check.
	Breaks string
	// Path is the patch's file; Files are those that it changes, from the root of the tree.
	Path  string
	Files []string
}

var patchName = regexp.MustCompile(`^(\d\d)-([a-z0-9-]+)\.patch$`)

// Bugs reads the patches of a folder, in the order of their numbers.
func Bugs(dir string) ([]Bug, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var bugs []Bug
	for _, entry := range entries {
		b, err := read(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		if i := len(bugs); i > 0 && bugs[i-1].Number == b.Number {
			return nil, fmt.Errorf("%s and %s have the same number", bugs[i-1].Path, b.Path)
		}
		bugs = append(bugs, b)
	}
	return bugs, nil
}

// read reads a patch: two lines that say what it is, and a diff.
func read(path string) (b Bug, err error) {
	name := patchName.FindStringSubmatch(filepath.Base(path))
	if name == nil {
		return b, fmt.Errorf("%s is not named NN-name.patch", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return b, err
	}
	if b.Path, err = filepath.Abs(path); err != nil {
		return b, err
	}
	b.Number, _ = strconv.Atoi(name[1])
	b.Name = name[2]
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if what, ok := strings.CutPrefix(line, "Broken: "); ok {
			b.Broken = strings.TrimSuffix(what, ".")
		} else if what, ok := strings.CutPrefix(line, "Breaks: "); ok {
			b.Breaks = strings.TrimSuffix(what, ".")
		} else if file, ok := strings.CutPrefix(line, "+++ b/"); ok {
			b.Files = append(b.Files, file)
		}
	}
	if b.Broken == "" || b.Breaks == "" || len(b.Files) == 0 {
		return b, fmt.Errorf("%s must begin with a line \"Broken: …\" and a line \"Breaks: …\" and change a file", path)
	}
	if outside := slices.IndexFunc(b.Files, func(f string) bool { return !strings.HasPrefix(f, "engine/") }); outside >= 0 {
		return b, fmt.Errorf("%s changes %s, which no world runs", path, b.Files[outside])
	}
	return b, nil
}

// Check tells whether the patch applies to a tree.
func (b *Bug) Check(tree string) error { return apply(tree, "--check", b.Path) }

// apply runs git apply in a folder, whether or not that belongs to a repository.
func apply(dir string, arguments ...string) error {
	command := exec.Command("git", append([]string{"apply"}, arguments...)...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("git apply %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
