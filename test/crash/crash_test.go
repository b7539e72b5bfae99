//go:build linux && amd64

package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// defaultKills is the short form: every phase is aimed at once.
const defaultKills = 12

// TestNothingIsLostOrDoubledByKills is the whole proof; see the package.
func TestNothingIsLostOrDoubledByKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a real process many times: not in the short form")
	}
	kills, seed := setting(t, "CRASH_KILLS", defaultKills), setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	t.Logf("CRASH_KILLS=%d CRASH_SEED=%d", kills, seed)
	r := &run{t: t, dice: rand.New(rand.NewPCG(seed, 0)), binary: buildPayhub(t), folder: workFolder(t), killed: map[phase]int{}}
	var err error
	if r.anatomy, err = dissect(r.binary); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(r.folder, "record.jsonl")
	j, err := newJournal(record)
	if err != nil {
		t.Fatal(err)
	}
	r.load = &load{caller: newCaller(j), weight: 2 << 10, pause: 80 * time.Millisecond, stop: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	defer func() { // the program and the clients end with the test
		cancel()
		if r.program != nil {
			_ = r.program.command.Process.Kill()
		}
		r.load.clients.Wait()
		r.load.http.CloseIdleConnections()
	}()
	r.load.start(ctx, seed, 6)
	for n := range int(kills) {
		if err := r.life(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	e := r.end(ctx)
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if e.notes, err = readJournal(record); err != nil {
		t.Fatal(err)
	}
	r.judge(e)
}

// end lets all payments end, stops the program in order and collects what it left.
func (r *run) end(ctx context.Context) (e evidence) {
	err := r.settle(ctx)
	if err == nil {
		err = r.lists(ctx, &e)
	}
	if err == nil {
		err = r.program.terminate()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	var payer, payee error
	e.payer, payer = r.books(ctx, payerTenant)
	e.payee, payee = r.books(ctx, payeeTenant)
	if err := errors.Join(payer, payee); err != nil {
		r.t.Fatal(err)
	}
	return e
}

// listWithin is how far the operations store may be behind.
const listWithin = 15 * time.Second

// lists reads the operations store, once it lists no payment as under way.
func (r *run) lists(ctx context.Context, e *evidence) error {
	for end := time.Now().Add(listWithin); ; time.Sleep(250 * time.Millisecond) {
		var err error
		if e.listed, err = list[listedTransfer](ctx, r.load.caller, "/api/v1/transfers?limit=1000"); err != nil {
			return err
		}
		open := slices.ContainsFunc(e.listed, func(l listedTransfer) bool { return !final(l.State) })
		if !open && len(e.listed) >= len(r.load.promised.all()) || time.Now().After(end) {
			break
		}
	}
	incidents, err := list[struct {
		ResolvedAt int64  `json:"resolvedAt"`
		Error      string `json:"errorMessage"`
	}](ctx, r.load.caller, "/api/v1/incidents?limit=1000")
	for _, i := range incidents {
		if i.ResolvedAt == 0 {
			e.incidents++
			r.t.Logf("open incident: %s", i.Error)
		}
	}
	return err
}

// list reads all pages of a list of the operations API.
func list[T any](ctx context.Context, c *caller, path string) (all []T, err error) {
	for after := ""; ; {
		status, answer, err := c.call(ctx, http.MethodGet, path+after, "", "")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("GET %s: %d %s", path, status, answer)
		}
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return nil, fmt.Errorf("GET %s: %w", path, err)
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		after = "&after=" + page.Next
	}
}

// judge prints what the run was and fails with what the checker finds.
func (r *run) judge(e evidence) {
	states, acknowledged, lost := map[string]int{}, 0, 0
	histories, seen := recount(e.notes, func(string, string, ...any) {})
	for _, h := range histories {
		if h.acknowledged {
			acknowledged++
		}
		for _, transaction := range h.transactions {
			states[seen.state(transaction)]++
			if !h.order.Refused && seen.state(transaction) == "ABORTED" {
				states["ABORTED though it could succeed"]++
			}
		}
	}
	for _, n := range e.notes {
		if n.What == eventLost {
			lost++
		}
	}
	slices.Sort(r.restart)
	r.t.Logf("kills by phase: %v", r.killed)
	r.t.Logf("payments acknowledged: %d of %d, by state: %v; answers that never came: %d; notes: %d", acknowledged, len(histories), states, lost, len(e.notes))
	r.t.Logf("restart until it serves: median %s, longest %s", r.restart[len(r.restart)/2].Round(time.Millisecond), r.restart[len(r.restart)-1].Round(time.Millisecond))
	if acknowledged == 0 || states["COMMITTED"] < acknowledged/2 {
		r.t.Errorf("%d of %d payments are COMMITTED: a run with so few proves little", states["COMMITTED"], acknowledged)
	}
	if log, err := os.ReadFile(filepath.Join(r.folder, "payhub.log")); err != nil || strings.Contains(string(log), "panic") {
		r.t.Errorf("the program's log has a panic in it, or cannot be read: %v", err)
	}
	found := check(e)
	for i, f := range found {
		if i == 30 {
			r.t.Errorf("… and %d more", len(found)-i)
			break
		}
		r.t.Errorf("%s: %s", f.rule, f.what)
	}
}

// setting reads a number of the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}
