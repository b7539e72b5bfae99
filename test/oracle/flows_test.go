package oracle

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/engine/coretest"
)

var (
	exploreFlag = flag.Bool("explore", false, "find the scenarios of the flows anew and record them")
	updateFlag  = flag.Bool("update", false, "record the traces of the scenarios anew")
	serversFlag = flag.Int("servers", 3, "how many engines run side by side")
	filesFlag   = flag.String("files", "^(event_based_gateway|PayeeQuoteTransfer-DFSPID)$",
		"which files of scenarios are run on Zeebe again: a sample in every run, all (.) in the long form")
)

// TestMain sees to it that no goroutine outlives the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const root = "../.."

var (
	corpus    = filepath.Join(root, "..", "shared", "corpora", "payment-hub-ee-flows")
	flowData  = filepath.Join(root, "engine", "testdata", "flows")
	tablePage = filepath.Join(root, "docs", "flows-table.md")
)

// pool hands out engines.
type pool chan *Backend

func startPool(t *testing.T, n int) pool {
	t.Helper()
	p := make(pool, n)
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			s, err := Start(Program(root))
			if errors.Is(err, ErrAbsent) {
				p <- nil
				return
			}
			if err != nil {
				t.Error(err)
				p <- nil
				return
			}
			t.Cleanup(func() { _ = s.Close() })
			b, err := NewBackend(s)
			if err != nil {
				t.Error(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			p <- b
		})
	}
	wait.Wait()
	if b := <-p; b == nil {
		t.Skip(ErrAbsent)
	} else {
		p <- b
	}
	return p
}

func flowFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(corpus, "*.bpmn"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skipf("the flows of Payment Hub EE are not there: %s is empty", corpus)
	}
	var out []string
	for _, p := range paths {
		out = append(out, filepath.Base(p))
	}
	return out
}

// TestExploreFlows finds the scenarios of every flow; only with -explore.
func TestExploreFlows(t *testing.T) {
	if !*exploreFlag {
		t.Skip("only with -explore: it writes engine/testdata/flows anew")
	}
	files := flowFiles(t)
	engines := startPool(t, *serversFlag)
	t.Run("flows", func(t *testing.T) {
		for _, file := range files {
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				b := <-engines
				defer func() { engines <- b }()
				exploreFlow(t, b, file)
			})
		}
	})
}

func exploreFlow(t *testing.T, b *Backend, file string) {
	content, err := os.ReadFile(filepath.Join(corpus, file))
	if err != nil {
		t.Fatal(err)
	}
	x, err := newExplorer(file, string(content), corpus, b)
	if err != nil {
		t.Fatal(err)
	}
	script, err := x.explore()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(flowData, stem(file)+".scn"), coretest.Format(script))
	write(t, filepath.Join(flowData, stem(file)+".trace"), strings.Join(x.traces, "\n"))
	t.Logf("%d scenarios, %d of %d flows, %d ends; given up: %v", len(script.Scenarios), len(x.taken), len(x.graph.Order),
		len(x.ends), x.given)
}

// TestFlows runs the recorded scenarios of the flows on Zeebe and compares with the recorded traces, or records them
// with -update.
func TestFlows(t *testing.T) { replay(t, flowData) }

// TestElements does the same for the scenarios of single elements and commands.
func TestElements(t *testing.T) { replay(t, filepath.Join(root, "engine", "testdata", "scenarios")) }

func replay(t *testing.T, folder string) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.scn"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios in %s: %v", folder, err)
	}
	wanted, err := regexp.Compile(*filesFlag)
	if err != nil && !*updateFlag {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !*updateFlag && !wanted.MatchString(stem(path)) {
			continue
		}
		t.Run(stem(path), func(t *testing.T) {
			t.Parallel()
			// An engine of its own: what other files deployed would be there too.
			replayFile(t, <-startPool(t, 1), path)
		})
	}
}

func replayFile(t *testing.T, b *Backend, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	script, err := coretest.ParseScript(path, string(text))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, s := range script.Scenarios {
		r, err := coretest.NewRunner(b, filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		r.Corpus = corpus
		mismatches, err := r.Run(s, *updateFlag)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, m := range mismatches {
			t.Errorf("%s: %v", path, m)
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(r.Trace(s.Name).String())
	}
	tracePath := strings.TrimSuffix(path, ".scn") + ".trace"
	if *updateFlag {
		write(t, tracePath, out.String())
		write(t, path, coretest.Format(script))
		return
	}
	compareTraces(t, tracePath, out.String())
}

func compareTraces(t *testing.T, path, got string) {
	recorded, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := coretest.ParseTraces(path, string(recorded))
	if err != nil {
		t.Fatal(err)
	}
	now, err := coretest.ParseTraces("this run", got)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sorted(want) {
		if now[name] == nil {
			t.Errorf("%s: scenario %s is recorded but not in the script", path, name)
			continue
		}
		for _, line := range coretest.CompareTraces(want[name], now[name]) {
			t.Errorf("%s: %s: %s", path, name, line)
		}
	}
}

// TestTable checks that the page of flows says what the traces say, or writes it with -update or -explore.
func TestTable(t *testing.T) {
	var rows []row
	for _, file := range flowFiles(t) {
		content, err := os.ReadFile(filepath.Join(corpus, file))
		if err != nil {
			t.Fatal(err)
		}
		g, err := readGraph(string(content))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(flowData, stem(file))
		script, traces := recorded(t, path)
		rows = append(rows, rowOf(file, g, script, traces))
	}
	page := table(rows)
	if *updateFlag || *exploreFlag {
		write(t, tablePage, page)
		return
	}
	if have, err := os.ReadFile(tablePage); err != nil || string(have) != page {
		t.Errorf("%s is not what the traces say (%v): run go test ./test/oracle -run TestTable -update", tablePage, err)
	}
}

func recorded(t *testing.T, path string) (*coretest.Script, map[string]*coretest.Trace) {
	t.Helper()
	text, err := os.ReadFile(path + ".scn")
	if err != nil {
		t.Fatal(err)
	}
	script, err := coretest.ParseScript(path, string(text))
	if err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(path + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	traces, err := coretest.ParseTraces(path, string(text))
	if err != nil {
		t.Fatal(err)
	}
	return script, traces
}

func stem(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
