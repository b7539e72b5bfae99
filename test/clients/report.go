package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// placeholder stands for the client's name in resources and in kept answers.
const placeholder = "CLIENT"

// report is what one client got, step by step, with keys renamed by first appearance.
type report struct {
	client string
	files  string // the folder of the resources
	steps  []string
	got    map[string]string
	keys   map[string]string
}

func newReport(client, files string) *report {
	return &report{client: client, files: files, got: map[string]string{}, keys: map[string]string{}}
}

// add keeps the answer to a step.
func (r *report) add(step string, a answer) {
	r.steps = append(r.steps, step)
	r.got[step] = r.normal(a)
}

// normal is an answer as text that is the same on every engine that behaves the same.
func (r *report) normal(a answer) string {
	switch {
	case a.Unsupported:
		return "-"
	case a.Failed != "":
		return "FAILED " + r.rename(a.Failed)
	case a.Code != "":
		return statusName(a.Code) + " " + r.rename(a.Message)
	}
	text, err := json.Marshal(withoutTenants(a.Value))
	if err != nil {
		return "FAILED " + err.Error()
	}
	return r.rename(string(text))
}

// key51 is a number that only keys are large enough for.
var key51 = regexp.MustCompile(`\d{16,19}`)

// rename replaces keys by names in order of appearance, and the client's name and the folder of
// its resources by placeholders.
func (r *report) rename(text string) string {
	text = strings.ReplaceAll(text, r.files, "FOLDER")
	text = key51.ReplaceAllStringFunc(text, func(key string) string {
		if r.keys[key] == "" {
			r.keys[key] = "key" + strconv.Itoa(len(r.keys)+1)
		}
		return r.keys[key]
	})
	return strings.Join(strings.Fields(strings.ReplaceAll(text, r.client+"-", placeholder+"-")), " ")
}

// withoutTenants leaves out tenantId: the gateway of Zeebe's test kit does not fill it.
func withoutTenants(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := object{}
		for name, member := range v {
			if name != "tenantId" {
				kept[name] = withoutTenants(member)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, member := range v {
			kept[i] = withoutTenants(member)
		}
		return kept
	}
	return value
}

// statusName writes NotFound, NOT_FOUND or 5 as NOT_FOUND.
func statusName(code string) string {
	if n, err := strconv.Atoi(code); err == nil && n < len(statusNames) {
		return statusNames[n]
	}
	if strings.ToUpper(code) == code {
		return code
	}
	var name strings.Builder
	for i, c := range code {
		if unicode.IsUpper(c) && i > 0 {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(c))
	}
	return name.String()
}

var statusNames = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
	"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// text is the report as it is kept: a step and its answer a line.
func (r *report) text() string {
	var text strings.Builder
	for _, step := range r.steps {
		fmt.Fprintf(&text, "%s\t%s\n", step, r.got[step])
	}
	return text.String()
}

// outcome is an answer in one word, for the table.
func outcome(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if strings.HasPrefix(word, "{") {
		return "ok"
	}
	return word
}

// table shows each step and how it went for each client.
func table(reports []*report) string {
	var text strings.Builder
	widths := make([]int, len(reports))
	fmt.Fprintf(&text, "%-28s", "step")
	for i, r := range reports {
		widths[i] = max(len(r.client), 19)
		fmt.Fprintf(&text, " %-*s", widths[i], r.client)
	}
	text.WriteByte('\n')
	if len(reports) == 0 {
		return ""
	}
	for _, step := range reports[0].steps {
		fmt.Fprintf(&text, "%-28s", step)
		for i, r := range reports {
			fmt.Fprintf(&text, " %-*s", widths[i], outcome(r.got[step]))
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// difference is an answer that is meant to differ from the kept one: with one text for another.
type difference struct{ zeebe, here, why string }

// compare lists the answers that differ from the kept ones, and fails for those that
// testdata/differences.txt does not explain.
func compare(home string, reports []*report) error {
	explained, err := readDifferences(home + "/testdata/differences.txt")
	if err != nil {
		return err
	}
	unexplained, equal, known := 0, 0, 0
	for _, r := range reports {
		kept, err := readLines(goldenFile(home, r.client))
		if err != nil {
			return fmt.Errorf("no kept answers of %s, record them with -target oracle -record: %w", r.client, err)
		}
		for _, step := range r.steps {
			meant := explained[step]
			switch r.got[step] {
			case kept[step]:
				equal++
			case strings.Replace(kept[step], meant.zeebe, meant.here, 1):
				known++
				fmt.Printf("differs as meant: %s, %s: %s\n", r.client, step, meant.why)
			default:
				unexplained++
				fmt.Printf("DIFFERS: %s, %s\n  zeebe: %s\n  here:  %s\n", r.client, step, kept[step], r.got[step])
			}
		}
	}
	fmt.Printf("%d clients, %d answers as Zeebe's, %d different as testdata/differences.txt says, %d different\n", len(reports), equal, known, unexplained)
	if unexplained > 0 {
		return fmt.Errorf("%d answers differ from Zeebe's", unexplained)
	}
	return nil
}

// readDifferences reads the steps that are meant to differ: step, text on Zeebe, text here and
// why, separated by tabs.
func readDifferences(file string) (map[string]difference, error) {
	lines, err := readLines(file)
	if err != nil {
		return nil, err
	}
	differences := map[string]difference{}
	for step, rest := range lines {
		parts := strings.Split(rest, "\t")
		if len(parts) != 3 {
			return nil, fmt.Errorf("%s, %s: expected step, text on Zeebe, text here and why, separated by tabs", file, step)
		}
		differences[step] = difference{parts[0], parts[1], parts[2]}
	}
	return differences, nil
}

// readLines reads a file of names and texts, separated by a tab.
func readLines(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		lines[name] = text
	}
	return lines, nil
}
