package flows_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/flows/contract"
)

func TestEveryFileIsInTheCatalogueUnderItsProcessID(t *testing.T) {
	onDisk, err := filepath.Glob("*/*.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range models(t) {
		listed = append(listed, m.flow.File)
		for _, p := range m.all("process") {
			if p.attrs["id"] != m.flow.ProcessID || p.attrs["isExecutable"] != "true" {
				t.Errorf("%s: process %q, want the executable %q", m.flow.File, p.attrs["id"], m.flow.ProcessID)
			}
		}
		if content, err := os.ReadFile(m.flow.File); err != nil || string(content) != string(m.flow.BPMN()) {
			t.Errorf("%s is not what is embedded (%v)", m.flow.File, err)
		}
		if f, ok := flows.Find(m.flow.ProcessID); !ok || f != m.flow {
			t.Errorf("Find(%q) gives %v, %t", m.flow.ProcessID, f, ok)
		}
	}
	slices.Sort(listed)
	if !slices.Equal(onDisk, listed) {
		t.Errorf("files %v, catalogue %v", onDisk, listed)
	}
	if _, ok := flows.Find("nobody"); ok {
		t.Error("Find makes flows up")
	}
}

// A flow that is called must be deployed before the flow that calls it can run.
func TestCalledFlowsComeFirst(t *testing.T) {
	known := map[string]bool{}
	for _, m := range models(t) {
		for _, c := range m.all("calledElement") {
			if !known[c.attrs["processId"]] {
				t.Errorf("%s calls %q, which is not before it in the catalogue", m.flow.File, c.attrs["processId"])
			}
		}
		known[m.flow.ProcessID] = true
	}
}

// Both ways: a flow uses nothing that is not in the vocabulary, and the vocabulary names nothing that no flow uses.
func TestVocabulary(t *testing.T) {
	jobs, messages, variables := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, m := range models(t) {
		for _, n := range m.all("taskDefinition") {
			jobs[n.attrs["type"]] = true
		}
		for _, n := range m.all("message") {
			messages[n.attrs["name"]] = true
		}
		for _, n := range m.all("input", "output") {
			variables[n.attrs["target"]] = true
		}
		for _, e := range m.expressions() {
			for _, p := range paths(e) {
				root, _, _ := strings.Cut(p, ".")
				variables[root] = true
			}
		}
	}
	same(t, "job types", jobs, contract.JobTypes())
	same(t, "messages", messages, contract.Messages())
	same(t, "variables", variables, contract.Variables())
}

func same(t *testing.T, what string, used map[string]bool, vocabulary []string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(used))
	want := slices.Sorted(slices.Values(vocabulary))
	if !slices.Equal(got, want) {
		t.Errorf("%s in the flows: %v\nin the vocabulary:   %v", what, got, want)
	}
}

// Every request carries exactly the fields of its type, and every field that a flow reads exists.
func TestPayloadsHaveTheirFields(t *testing.T) {
	requests := map[string]reflect.Type{
		contract.JobLookup: reflect.TypeFor[contract.LookupRequest](), contract.JobQuote: reflect.TypeFor[contract.QuoteRequest](),
		contract.JobHold: reflect.TypeFor[contract.HoldRequest](), contract.JobCredit: reflect.TypeFor[contract.CreditRequest](),
		contract.JobBook: reflect.TypeFor[contract.BookRequest](), contract.JobRelease: reflect.TypeFor[contract.ReleaseRequest](),
		contract.JobStatus: reflect.TypeFor[contract.StatusRequest](),
	}
	variables := map[string]reflect.Type{
		contract.VarPayerLookup: reflect.TypeFor[contract.LookupResult](), contract.VarPayeeLookup: reflect.TypeFor[contract.LookupResult](),
		contract.VarQuote: reflect.TypeFor[contract.QuoteResult](), contract.VarAmount: reflect.TypeFor[contract.Amount](),
		contract.VarHold: reflect.TypeFor[contract.Result](), contract.VarCredit: reflect.TypeFor[contract.Result](),
		contract.VarBook: reflect.TypeFor[contract.Result](), contract.VarRelease: reflect.TypeFor[contract.Result](),
		contract.VarResult: reflect.TypeFor[contract.Result](), contract.VarOperator: reflect.TypeFor[contract.OperatorDecision](),
	}
	for _, m := range models(t) {
		types := map[string]string{}
		for _, n := range m.all("taskDefinition") {
			types[n.owner] = n.attrs["type"]
		}
		for _, n := range m.all("input") {
			if n.attrs["target"] != contract.VarRequest {
				continue
			}
			got, want := keysOf(n.attrs["source"]), fields(requests[types[n.owner]])
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s sends %v to %s, which takes %v", m.flow.File, n.owner, got, types[n.owner], want)
			}
		}
		for _, e := range m.expressions() {
			for _, p := range paths(e) {
				root, field, deep := strings.Cut(p, ".")
				if typ, ok := variables[root]; deep && (!ok || !slices.Contains(fields(typ), field)) {
					t.Errorf("%s reads %s, and there is no such field: %s", m.flow.File, p, e)
				}
			}
		}
	}
}

// fields lists the JSON names of a struct's fields, sorted.
func fields(t reflect.Type) (names []string) {
	for f := range t.Fields() {
		if f.Anonymous {
			names = append(names, fields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A Modeler shows only what has diagram interchange: every element a shape, every flow an edge that begins and ends
// at its shapes, no two shapes over each other.
func TestDiagramIsComplete(t *testing.T) {
	for _, m := range models(t) {
		boxes, edges := drawing(t, m)
		for _, e := range m.elements() {
			if _, ok := boxes[e.owner]; !ok {
				t.Errorf("%s: %s has no shape", m.flow.File, e.owner)
			}
		}
		for _, f := range m.all("sequenceFlow") {
			points := edges[f.owner]
			if len(points) < 2 {
				t.Errorf("%s: %s has no edge", m.flow.File, f.owner)
				continue
			}
			for i, end := range []string{f.attrs["sourceRef"], f.attrs["targetRef"]} {
				if p := points[i*(len(points)-1)]; !boxes[end].touches(p) {
					t.Errorf("%s: the edge of %s is at %v and not at %s %v", m.flow.File, f.owner, p, end, boxes[end])
				}
			}
		}
		if len(boxes) != len(m.elements()) || len(edges) != len(m.all("sequenceFlow")) {
			t.Errorf("%s: %d shapes for %d elements, %d edges for %d flows", m.flow.File, len(boxes), len(m.elements()), len(edges), len(m.all("sequenceFlow")))
		}
	}
}
