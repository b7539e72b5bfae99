package tidy

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRulesFindWhatTheyShould runs the rules over a small house that breaks each of them. In it
// a line says after "offends:" which rules must find it; nothing else may be found.
func TestRulesFindWhatTheyShould(t *testing.T) {
	const root = "testdata/house"
	house, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range Inspect(house, nil) {
		if o.Rule == "compiles" {
			t.Errorf("the small house does not compile: %s", o)
		}
		got = append(got, o.Rule+" "+placeOf(o))
	}
	want := wanted(t, root)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// placeOf is file:line where a rule finds a line, else the file or folder.
func placeOf(o Offence) string {
	if o.Rule == "file-length" || o.Rule == "names" || (o.Rule == "documented" || o.Rule == "imports") && !strings.Contains(o.Where, ":") {
		return filepath.ToSlash(filepath.Dir(o.Where + "/x"))
	}
	return o.Where
}

func wanted(t *testing.T, root string) (want []string) {
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, _ := filepath.Rel(root, path)
		file = filepath.ToSlash(file)
		for i, line := range strings.Split(string(src), "\n") {
			_, rules, ok := strings.Cut(line, "offends: ")
			if !ok {
				continue
			}
			for _, rule := range strings.Fields(rules) {
				place := file + ":" + strconv.Itoa(i+1)
				switch {
				case strings.HasPrefix(line, "package "):
					place = filepath.ToSlash(filepath.Dir(file)) // the package as a whole
				case rule == "file-length":
					place = file
				}
				want = append(want, rule+" "+place)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func TestDirectDependenciesAreExplained(t *testing.T) {
	root := t.TempDir()
	const mod = "module m\n\nrequire (\n\tgithub.com/a/known v1.0.0\n\tgithub.com/a/unknown v1.0.0\n\tgithub.com/a/other v1.0.0 // indirect\n)\nrequire example.org/single v0.1.0\n"
	for name, text := range map[string]string{"go.mod": mod, "docs/dependencies.md": "| github.com/a/known | for |\n"} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, o := range checkDependencies(&House{Root: root}) {
		got = append(got, o.Name)
	}
	if diff := cmp.Diff([]string{"github.com/a/unknown", "example.org/single"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAllowListMayOnlyShrink(t *testing.T) {
	house := &House{Root: "../.."}
	found := Inspect(house, []Allowance{{Rule: "money", Name: "hub/api.Amount", Reason: "none"}})
	if len(found) != 1 || found[0].Rule != "allow-list" {
		t.Errorf("an allowance that allows nothing gives %v", found)
	}
}

func TestAnchorsAreNamedAsLinksNameThem(t *testing.T) {
	for heading, want := range map[string]string{
		"The first payment":  "the-first-payment",
		"3. A command's way": "3-a-commands-way",
		"`payhub dev` & co":  "payhub-dev--co",
	} {
		if got := anchor(heading); got != want {
			t.Errorf("%q is %q, want %q", heading, got, want)
		}
	}
}
