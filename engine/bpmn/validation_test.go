package bpmn_test

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/bpmn"
)

var update = flag.Bool("update", false, "rewrite what payhub says where it differs from the recorded answers of Zeebe")

// testdata/validation.txt holds models and what Zeebe 8.8.21 answered when each
// was deployed alone as model.bpmn:
//
//	=== name
//	<process …>            what stands inside bpmn:definitions
//	--- OK or the text     Zeebe's answer, without the header sentence
//	+++ OK or the text     payhub's answer, only where it differs
type goldenCase struct {
	name, model, zeebe, payhub string
}

const modelHead = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="http://bpmn.io/schema/bpmn">`

const goldenFile = "testdata/validation.txt"

func readGolden(t testing.TB) []goldenCase {
	content, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	for _, text := range strings.Split("\n"+string(content), "\n=== ")[1:] {
		var c goldenCase
		c.name, text, _ = strings.Cut(text, "\n")
		text, c.payhub, _ = strings.Cut(text, "\n+++ ")
		c.model, c.zeebe, _ = strings.Cut(text, "--- ")
		c.zeebe, c.payhub = strings.TrimSpace(c.zeebe), strings.TrimSpace(c.payhub)
		cases = append(cases, c)
	}
	return cases
}

func (c goldenCase) read() string {
	_, err := bpmn.Read("model.bpmn", []byte(modelHead+"\n"+c.model+"</definitions>\n"))
	if err != nil {
		return strings.TrimSpace(err.Error())
	}
	return "OK"
}

func TestModelsAreRefusedInZeebesWords(t *testing.T) {
	cases := readGolden(t)
	var rewritten strings.Builder
	differs := 0
	for _, c := range cases {
		got := c.read()
		want := c.zeebe
		if c.payhub != "" {
			want = c.payhub
			differs++
		}
		if !*update && normalised(got) != normalised(want) {
			t.Errorf("%s\n%s--- want\n%s\n--- got\n%s", c.name, c.model, want, got)
		}
		rewritten.WriteString("=== " + c.name + "\n" + c.model + "--- " + c.zeebe + "\n")
		if normalised(got) != normalised(c.zeebe) {
			rewritten.WriteString("+++ " + got + "\n")
		}
	}
	t.Logf("%d models, %d of them answered otherwise than by Zeebe", len(cases), differs)
	if *update {
		if err := os.WriteFile(goldenFile, []byte(rewritten.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var parserReason = regexp.MustCompile(`(failed to parse expression '[^\n]*'): [^\n]*`)

// normalised takes out what need not agree: the order of elements (Zeebe's is
// that of a hash map), the reason of the expression parser, where a loop begins.
func normalised(text string) string {
	text = parserReason.ReplaceAllString(text, "$1")
	head, rest, found := strings.Cut(text, ": - Element: ")
	if found {
		blocks := strings.Split(rest, "\n- Element: ")
		slices.Sort(blocks)
		return head + ": - Element: " + strings.Join(blocks, "\n- Element: ")
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if head, loop, found := strings.Cut(line, "processing loop: "); found {
			ids := strings.Split(loop, " > ")
			ids = ids[1:]
			for ids[0] != slices.Min(ids) {
				ids = append(ids[1:], ids[0])
			}
			lines[i] = head + "processing loop: " + strings.Join(ids, " > ")
		}
	}
	return strings.Join(lines, "\n")
}
