//go:build linux && amd64

package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/payhub/payhub/test/books"
)

// run is one crash test: lives of one program on one folder, under load.
type run struct {
	t       *testing.T
	dice    *rand.Rand
	binary  string
	anatomy *anatomy
	folder  string
	load    *load
	program *program
	killed  map[phase]int // kills by phase; one may have hit several
	restart []time.Duration
	served  time.Time // since when the last life serves
}

// plan is what a life is for.
type plan struct {
	pace
	// target is the phase to kill in; "" is a random moment, starting before it serves.
	target phase
	// faults are set in this life.
	faults []fault
}

// draw makes the plan of the n-th life. Each target has its turn; every third life has faults, also over several lives.
func (r *run) draw(n int) plan {
	p := plan{pace: pace{flush: 200 * time.Millisecond, snapshot: 2 * time.Second}}
	turns := []phase{"", logCommit, snapshot, "", stateFlush, ledgerCommit, segmentMade, "", memtableWrite, logTruncation, storeWrite, starting}
	p.target = turns[n%len(turns)]
	switch p.target {
	case snapshot, memtableWrite, logTruncation:
		p.snapshot = 300 * time.Millisecond
	case stateFlush:
		p.flush = 20 * time.Millisecond
	}
	if n%4 == 1 || n%4 == 2 {
		p.faults = drawFaults(r.dice)
	}
	return p
}

// life lets the program live for a while and kills it. It says in which phases.
func (r *run) life(ctx context.Context, n int) error {
	p := r.draw(n)
	if err := r.begin(ctx, p); err != nil {
		return err
	}
	if p.target != starting {
		time.Sleep(time.Duration(300+r.dice.IntN(900)) * time.Millisecond)
	}
	hit, err := r.strike(p.target)
	if err != nil {
		return err
	}
	r.load.serving("")
	for _, h := range hit {
		r.killed[h]++
	}
	r.load.journal.write(note{What: eventKilled, Detail: fmt.Sprint(hit)})
	r.t.Logf("kill %d, %s after the start: %v (aimed at %q, %d faults)", n+1, time.Since(r.program.began).Round(time.Millisecond), hit, p.target, len(p.faults))
	return r.inspect(ctx)
}

// begin starts the next life. Of one that shall die while it starts nothing more is awaited.
func (r *run) begin(ctx context.Context, p plan) (err error) {
	if r.program, err = launch(r.binary, r.folder, p.pace); err != nil || p.target == starting {
		return err
	}
	return r.await(ctx, p.faults)
}

// await waits until the program serves, and repeats what was acknowledged before.
func (r *run) await(ctx context.Context, faults []fault) error {
	if err := r.program.wait(); err != nil {
		return err
	}
	r.served = time.Now()
	r.restart = append(r.restart, r.served.Sub(r.program.began))
	r.load.journal.write(note{What: eventServing})
	r.load.serving(r.program.HTTP)
	r.load.repeat(ctx, r.dice, 3)
	return r.load.setFaults(ctx, faults)
}

// huntFor is how long a phase is waited for.
const huntFor = 6 * time.Second

// strike kills the program in a phase, or, when it does not come or none is asked for, in whatever it does. The program is
// stopped, looked at, and goes on if it is elsewhere; it never runs between the look and its end.
func (r *run) strike(target phase) ([]phase, error) {
	if target == starting {
		time.Sleep(time.Duration(r.dice.IntN(400)) * time.Millisecond)
		return []phase{starting}, r.program.kill()
	}
	pid := r.program.command.Process.Pid
	for end := time.Now().Add(huntFor); ; {
		if err := freeze(pid); err != nil {
			return nil, errors.Join(err, r.program.kill())
		}
		hit, err := r.anatomy.look(pid)
		if err != nil || target == "" || slices.Contains(hit, target) || time.Now().After(end) {
			return hit, errors.Join(err, r.program.kill())
		}
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			return nil, errors.Join(err, r.program.kill())
		}
		time.Sleep(time.Duration(200+r.dice.IntN(2000)) * time.Microsecond)
	}
}

// inspect proves what the dead program's books must keep at any moment.
func (r *run) inspect(ctx context.Context) error {
	var found []string
	for _, tenant := range []string{payerTenant, payeeTenant} {
		b, err := r.books(ctx, tenant)
		if err != nil {
			return err
		}
		books.Conserved(tenant, b, func(format string, args ...any) {
			found = append(found, ruleConserved+": "+fmt.Sprintf(format, args...))
		})
	}
	if len(found) > 0 {
		return fmt.Errorf("right after the kill: %s", strings.Join(found, "; "))
	}
	return nil
}

func (r *run) books(ctx context.Context, tenant string) (books.Books, error) {
	return books.Read(ctx, filepath.Join(r.folder, "data", "ledger-"+tenant+".db"), r.folder)
}

// endWithin is how long a payment may take after the last start (I1).
const endWithin = 60 * time.Second

// settle ends the load, heals everything and waits until every payment has ended.
func (r *run) settle(ctx context.Context) error {
	p := plan{pace: pace{flush: time.Second, snapshot: 2 * time.Second}}
	if err := r.begin(ctx, p); err != nil {
		return err
	}
	close(r.load.stop)
	r.load.clients.Wait()
	var mu sync.Mutex
	var all sync.WaitGroup
	var open []string
	promises := r.load.promised.all()
	for share := range slices.Chunk(promises, len(promises)/4+1) {
		all.Go(func() {
			for _, p := range share {
				if state := r.outcome(ctx, p.transaction); !final(state) {
					mu.Lock()
					open = append(open, p.key+" is "+state)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	r.t.Logf("every payment was looked at %s after the last start; open: %d", time.Since(r.served).Round(time.Millisecond), len(open))
	for _, p := range promises { // again: what has ended stays as it is
		if _, err := r.load.poll(ctx, p.transaction); err != nil {
			return err
		}
	}
	return nil
}

// outcome polls a payment until it has ended or its time is over.
func (r *run) outcome(ctx context.Context, transaction string) (state string) {
	for {
		state, err := r.load.poll(ctx, transaction)
		if err == nil && final(state) || time.Since(r.served) > endWithin || ctx.Err() != nil {
			return state
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// workFolder is where a run keeps its things.
func workFolder(t *testing.T) string {
	keep := os.Getenv("CRASH_KEEP")
	if keep == "" {
		return t.TempDir()
	}
	folder, err := os.MkdirTemp(keep, "crash-")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("kept in %s", folder)
	return folder
}
