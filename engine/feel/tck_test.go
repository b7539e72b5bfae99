package feel

import (
	"encoding/xml"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// The DMN TCK (Apache-2.0) is not part of this repository; the test looks for it beside the repository.
const tckFolder = "../../../shared/corpora/dmn-tck"

type tckReference struct {
	Decision struct {
		Href string `xml:"href,attr"`
	} `xml:"requiredDecision"`
	Input struct {
		Href string `xml:"href,attr"`
	} `xml:"requiredInput"`
	Knowledge struct {
		Href string `xml:"href,attr"`
	} `xml:"requiredKnowledge"`
}

type tckDecision struct {
	ID       string `xml:"id,attr"`
	Name     string `xml:"name,attr"`
	Variable struct {
		Type string `xml:"typeRef,attr"`
	} `xml:"variable"`
	Text         *string        `xml:"literalExpression>text"`
	Information  []tckReference `xml:"informationRequirement"`
	KnowledgeReq []tckReference `xml:"knowledgeRequirement"`
}

type tckModel struct {
	Decisions []tckDecision `xml:"decision"`
	Inputs    []struct {
		ID   string `xml:"id,attr"`
		Name string `xml:"name,attr"`
	} `xml:"inputData"`
	Items []struct {
		Name string `xml:"name,attr"`
	} `xml:"itemDefinition"`
}

type tckValue struct {
	Name  string `xml:"name,attr"`
	Value *struct {
		Type string `xml:"type,attr"`
		Nil  string `xml:"nil,attr"`
		Text string `xml:",chardata"`
	} `xml:"value"`
	List *struct {
		Items []tckValue `xml:"item"`
	} `xml:"list"`
	Components []tckValue `xml:"component"`
}

type tckCases struct {
	Model string `xml:"modelName"`
	Cases []struct {
		ID     string     `xml:"id,attr"`
		Inputs []tckValue `xml:"inputNode"`
		Nodes  []struct {
			Name     string   `xml:"name,attr"`
			Error    bool     `xml:"errorResult,attr"`
			Expected tckValue `xml:"expected"`
		} `xml:"resultNode"`
	} `xml:"testCase"`
}

// value makes a FEEL value of an expected result or an input.
func (v tckValue) value() Value {
	switch {
	case v.List != nil:
		var items []Value
		for _, item := range v.List.Items {
			items = append(items, item.value())
		}
		return List(items...)
	case len(v.Components) > 0:
		var entries []Entry
		for _, c := range v.Components {
			entries = append(entries, Entry{c.Name, c.value()})
		}
		return NewContext(entries...)
	case v.Value == nil || v.Value.Nil == "true":
		return Null
	}
	text := v.Value.Text
	_, kind, _ := strings.Cut(v.Value.Type, ":")
	if kind == "" {
		kind = v.Value.Type
	}
	switch kind {
	case "boolean":
		return Bool(strings.TrimSpace(text) == "true")
	case "decimal", "double", "integer", "int", "float", "long":
		n, _ := parseNumber(strings.TrimSpace(text))
		return n
	case "date":
		return parseDate(strings.TrimSpace(text))
	case "time":
		return parseTime(strings.TrimSpace(text))
	case "dateTime":
		return parseDateTime(strings.TrimSpace(text))
	case "duration":
		return durationValue(strings.TrimSpace(text))
	}
	return String(text)
}

// tckScope holds inputs and the results of required decisions.
type tckScope []Entry

func (s tckScope) Lookup(name string) (Value, bool) {
	for _, e := range s {
		if e.Key == name {
			return e.Value, true
		}
	}
	return Null, false
}

// evaluate gives the result of a decision that is FEEL only, with all it requires; ok is false when it is not.
func (m *tckModel) evaluate(name string, inputs []tckValue, depth int) (v Value, ok bool) {
	for _, d := range m.Decisions {
		if d.Name != name && "#"+d.ID != name {
			continue
		}
		if d.Text == nil || len(d.KnowledgeReq) > 0 || depth > 20 {
			return Null, false
		}
		var scope tckScope
		for _, r := range d.Information {
			if r.Decision.Href != "" {
				result, ok := m.evaluate(r.Decision.Href, inputs, depth+1)
				if !ok {
					return Null, false
				}
				scope = append(scope, Entry{m.nameOf(r.Decision.Href), result})
				continue
			}
			required := m.nameOf(r.Input.Href)
			for _, in := range inputs {
				if in.Name == required {
					scope = append(scope, Entry{in.Name, in.value()})
				}
			}
		}
		return evaluateText(*d.Text, scope), true
	}
	return Null, false
}

func (m *tckModel) nameOf(href string) string {
	for _, d := range m.Decisions {
		if "#"+d.ID == href {
			return d.Name
		}
	}
	for _, in := range m.Inputs {
		if "#"+in.ID == href {
			return in.Name
		}
	}
	return href
}

func evaluateText(text string, scope tckScope) Value {
	names := namesIn(scope)
	program, err := Parse(text, DMN, names...)
	if err != nil {
		return String("cannot parse: " + err.Error())
	}
	v, err := program.Eval(&Env{}, scope)
	if err != nil {
		return Null
	}
	return v
}

// namesIn lists the names in a scope, also of keys in contexts.
func namesIn(scope []Entry) (names []string) {
	for _, e := range scope {
		names = append(names, e.Key)
		if c, ok := e.Value.AsContext(); ok {
			names = append(names, namesIn(c.Entries())...)
		}
		if items, ok := e.Value.AsList(); ok {
			for _, item := range items {
				names = append(names, namesIn([]Entry{{"", item}})...)
			}
		}
	}
	return names
}

// near is equality with numbers to eight digits, as the TCK compares.
func near(a, b Value) bool {
	if a.Kind() == KindNumber && b.Kind() == KindNumber {
		x, _ := strconv.ParseFloat(string(a.AppendJSON(nil)), 64)
		y, _ := strconv.ParseFloat(string(b.AppendJSON(nil)), 64)
		return math.Abs(x-y) <= 1e-8*max(1, math.Abs(y))
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case KindList:
		x, y := a.items(), b.items()
		for i := range x {
			if len(x) != len(y) || !near(x[i], y[i]) {
				return false
			}
		}
		return len(x) == len(y)
	case KindContext:
		x, y := a.context().Entries(), b.context()
		for _, e := range x {
			if other, found := y.Get(e.Key); !found || !near(e.Value, other) {
				return false
			}
		}
		return len(x) == len(y.Entries())
	}
	return a.Equal(b) || a.String() == b.String()
}

// tckShare is the share of FEEL-only nodes that must be right; raise it when more is.
const tckShare = 0.98

func TestFeelNodesOfTheDMNTCK(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(tckFolder, "compliance-level-*", "*", "*.xml"))
	if len(files) == 0 {
		t.Skipf("the DMN TCK is not at %s; nothing was compared", tckFolder)
	}
	right, total := 0, 0
	perFolder := map[string][2]int{}
	for _, file := range files {
		var cases tckCases
		readXML(t, file, &cases)
		var model tckModel
		path := filepath.Join(filepath.Dir(file), cases.Model)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		readXML(t, path, &model)
		folder := filepath.Base(filepath.Dir(file))
		for _, c := range cases.Cases {
			for _, node := range c.Nodes {
				got, ok := model.evaluate(node.Name, c.Inputs, 0)
				if !ok {
					continue
				}
				total++
				counts := perFolder[folder]
				counts[1]++
				if want := node.Expected.value(); near(got, want) || want.IsNull() && strings.HasPrefix(got.String(), `"cannot parse`) {
					right++
					counts[0]++
				} else if testing.Verbose() {
					t.Logf("%s %s: got %.200s, want %.200s", folder, node.Name, got, want)
				}
				perFolder[folder] = counts
			}
		}
	}
	var folders []string
	for folder, counts := range perFolder {
		if counts[0] < counts[1] {
			folders = append(folders, folder+" "+strconv.Itoa(counts[0])+"/"+strconv.Itoa(counts[1]))
		}
	}
	sort.Strings(folders)
	t.Logf("%d of %d FEEL-only nodes are right (%.1f %%); not complete:\n%s", right, total, 100*float64(right)/float64(total), strings.Join(folders, "\n"))
	if float64(right) < tckShare*float64(total) {
		t.Errorf("less than %.0f %% are right", 100*tckShare)
	}
}

func readXML(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
