package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/hub/sim"
)

func newFaults() *sim.Faults {
	return sim.NewFaults([]string{"stall", "error-5xx", "answer-lost-after-commit"}, []string{"hold", "book", "credit"})
}

// Each row is one request on the same plan, in this order.
func TestTheSimSurface(t *testing.T) {
	faults := newFaults()
	ledger := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "%s %s", r.Method, r.URL) })
	handler := sim.Handler(faults, map[string]http.Handler{"greenbank": ledger, "bluebank": ledger})
	const (
		stall = `{"id":"fault-1","kind":"stall","target":"greenbank/book","share":0.5,"seed":7,"delay":"2s","seen":0,"hit":0}`
		lost  = `{"id":"mine","kind":"answer-lost-after-commit","target":"*/credit","count":2,"seen":0,"hit":0}`
		five  = `{"id":"mine","kind":"error-5xx","target":"bluebank/*","count":1,"seen":0,"hit":0}`
	)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string // the body, or with … in front a part of it
	}{
		{"GET", "/sim/faults", "", 200, `{"faults":[]}`},
		{"POST", "/sim/faults", `{"kind":"stall","target":"greenbank/book","share":0.5,"seed":7,"delay":"2s"}`, 201, stall},
		{"POST", "/sim/faults", `{"id":"mine","kind":"answer-lost-after-commit","target":"*/credit","count":2}`, 201, lost},
		{"POST", "/sim/faults", `{"id":"mine","kind":"stall","target":"*/credit","count":2}`, 400, "…PUT /sim/faults/mine"},
		{"GET", "/sim/faults", "", 200, `{"faults":[` + stall + `,` + lost + `]}`},
		{"GET", "/sim/faults/mine", "", 200, lost},
		{"PUT", "/sim/faults/mine", `{"kind":"error-5xx","target":"bluebank/*","count":1}`, 200, five},
		{"PUT", "/sim/faults", `{"faults":[` + five + `,` + stall + `]}`, 200, `{"faults":[` + five + `,` + stall + `]}`},
		{"PUT", "/sim/faults", `{"faults":[{"kind":"stall","target":"a/hold","count":1},{"kind":"none","target":"a/hold","count":1}]}`, 400, "…fault 2: kind"},
		{"GET", "/sim/faults", "", 200, `{"faults":[` + five + `,` + stall + `]}`},
		{"DELETE", "/sim/faults/mine", "", 204, ""},
		{"DELETE", "/sim/faults/mine", "", 404, `{"error":"there is no fault \"mine\" (GET /sim/faults lists them)"}`},
		{"GET", "/sim/faults/mine", "", 404, "…there is no fault"},
		{"DELETE", "/sim/faults", "", 204, ""},
		{"GET", "/sim/faults", "", 200, `{"faults":[]}`},

		{"POST", "/sim/faults", `{"kind":"bang","target":"a/hold","count":1}`, 400, "…is none of stall, error-5xx, answer-lost-after-commit"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/dance","count":1}`, 400, "…is not TENANT/OPERATION"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"hold","count":1}`, 400, "…is not TENANT/OPERATION"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold"}`, 400, "…a share above 0 up to 1, or a count"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold","share":0.1,"count":1}`, 400, "…a share above 0 up to 1, or a count"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold","share":1.1}`, 400, "…share 1.1"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold","share":-1}`, 400, "…share -1"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold","count":-1}`, 400, "…a share above 0"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold","count":1,"delay":"long"}`, 400, "…delay"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"a/hold","count":1,"sede":3}`, 400, "…unknown field"},
		{"POST", "/sim/faults", `{} {}`, 400, "…more than one JSON value"},
		{"POST", "/sim/faults", `{"kind":"` + strings.Repeat("x", 70_000) + `"}`, 400, "…too large"},
		{"PATCH", "/sim/faults", ``, 405, ""},

		{"GET", "/sim/ledgers", "", 200, `{"tenants":["bluebank","greenbank"]}`},
		{"GET", "/sim/ledgers/greenbank/accounts?limit=1", "", 200, "GET /accounts?limit=1"},
		{"PUT", "/sim/ledgers/bluebank/accounts/a/standing", "", 200, "PUT /accounts/a/standing"},
		{"GET", "/sim/ledgers/redbank/accounts", "", 404, `{"error":"tenant \"redbank\" has no ledger here (those that have: bluebank, greenbank)"}`},
		{"GET", "/sim/nothing", "", 404, "404 page not found"},
	} {
		name := test.method + " " + test.path
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body)))
		got := strings.TrimSpace(recorder.Body.String())
		part, isPart := strings.CutPrefix(test.want, "…")
		fits := got == test.want || test.want == "" && test.status == 405 || isPart && strings.Contains(got, part)
		if recorder.Code != test.status || !fits {
			t.Errorf("%s %.100s: %d %s\nexpected %d %s", name, test.body, recorder.Code, got, test.status, test.want)
		}
	}
}

func TestACountHitsTheNextOperationsOfItsTarget(t *testing.T) {
	faults := newFaults()
	add(t, faults, sim.Fault{Kind: "stall", Target: "greenbank/book", Count: 2, Delay: "2s"})
	add(t, faults, sim.Fault{Kind: "error-5xx", Target: "*/*", Count: 1})
	for i, test := range []struct {
		tenant, operation, kind string
		delay                   time.Duration
	}{
		{"greenbank", "book", "stall", 2 * time.Second},
		{"bluebank", "hold", "error-5xx", 5 * time.Second},
		{"bluebank", "book", "", 0},
		{"greenbank", "hold", "", 0},
		{"greenbank", "book", "stall", 2 * time.Second},
		{"greenbank", "book", "", 0},
	} {
		if kind, delay := faults.Inject(test.tenant, test.operation); kind != test.kind || delay != test.delay {
			t.Errorf("operation %d: %q for %s, expected %q for %s", i, kind, delay, test.kind, test.delay)
		}
	}
}

// The same seed hits the same operations, and about its share of them.
func TestAShareIsRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fault := sim.Fault{
			Kind: "stall", Target: "*/hold", Seed: rapid.Uint64().Draw(t, "seed"),
			Share: float64(rapid.IntRange(1, 100).Draw(t, "percent")) / 100,
		}
		const operations = 2000
		run := func() (hits []int) {
			faults := newFaults()
			add(t, faults, fault)
			for i := range operations {
				faults.Inject("greenbank", "book") // of another operation: does not count
				if kind, _ := faults.Inject("greenbank", "hold"); kind != "" {
					hits = append(hits, i)
				}
			}
			if got := faults.List()[0]; got.Seen != operations || got.Hit != len(hits) {
				t.Fatalf("it saw %d and hit %d, expected %d and %d", got.Seen, got.Hit, operations, len(hits))
			}
			return hits
		}
		first, second := run(), run()
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatal("two runs with one seed differ")
		}
		if share := float64(len(first)) / operations; share < fault.Share-0.08 || share > fault.Share+0.08 {
			t.Fatalf("a share of %v hit %v", fault.Share, share)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	faults := newFaults()
	add(t, faults, sim.Fault{ID: "counted", Kind: "stall", Target: "*/hold", Count: 100})
	var hits sync.Map
	var asking sync.WaitGroup
	for worker := range 8 {
		asking.Go(func() {
			for i := range 50 {
				if kind, _ := faults.Inject("greenbank", "hold"); kind != "" {
					hits.Store([2]int{worker, i}, true)
				}
				faults.List()
			}
		})
	}
	asking.Wait()
	n := 0
	hits.Range(func(any, any) bool { n++; return true })
	if n != 100 {
		t.Errorf("a count of 100 hit %d", n)
	}
}

// Whatever is sent, what is taken is listed and can be sent back.
func FuzzFault(f *testing.F) {
	f.Add(`{"kind":"stall","target":"greenbank/book","share":0.5,"seed":7,"delay":"2s"}`)
	f.Add(`{"id":"a/b","kind":"stall","target":"*/*","count":1}`)
	f.Add(`{"kind":"stall","target":"*/*","share":1e-300}`)
	f.Fuzz(func(t *testing.T, body string) {
		faults := newFaults()
		handler := sim.Handler(faults, nil)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), "POST", "/sim/faults", strings.NewReader(body)))
		if recorder.Code != 201 {
			if len(faults.List()) != 0 {
				t.Fatalf("%d, and it is listed", recorder.Code)
			}
			return
		}
		list, err := json.Marshal(map[string]any{"faults": faults.List()})
		if err != nil {
			t.Fatal(err)
		}
		again := httptest.NewRecorder()
		handler.ServeHTTP(again, httptest.NewRequestWithContext(t.Context(), "PUT", "/sim/faults", strings.NewReader(string(list))))
		if again.Code != 200 {
			t.Fatalf("%s was listed and then refused: %s", list, again.Body)
		}
		faults.Inject("greenbank", "hold")
	})
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func add(t fataler, faults *sim.Faults, fault sim.Fault) {
	t.Helper()
	if _, err := faults.Add(fault); err != nil {
		t.Fatal(err)
	}
}
