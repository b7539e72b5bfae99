package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/bank"
	"github.com/payhub/payhub/test/chaos/fleet"
	"github.com/payhub/payhub/test/chaos/history"
	"github.com/payhub/payhub/test/chaos/judge"
	"github.com/payhub/payhub/test/chaos/network"
	"github.com/payhub/payhub/test/chaos/work"
)

// probeEvery is how often each partition is written to.
const probeEvery = 5 * time.Millisecond

// form says what kind of cluster a case wants. Its zero value is three nodes with three partitions, each on all of them.
type form struct {
	nodes, partitions, factor int
	spare                     int // so many of the nodes, the last ones, are no members at first and not started
	settings                  map[string]string
	env                       []string
	wrap                      []string // a command that runs every node
	network                   fleet.Network
	doors                     *network.Proxies // that clients go through; nil: none
	rates                     *work.Rates
	before                    func(*arena) // is called before anything starts
}

// usual is the load of most cases.
var usual = work.Rates{Payments: 20, Timers: 4, Messages: 4, Starts: 2}

// span is a fault, and how long it is looked at what became of writes; no end is the next fault, or now.
type span struct{ began, ended time.Time }

// arena is one case: a cluster under load, what harms it, and the record.
type arena struct {
	*testing.T
	ctx     context.Context
	dice    *rand.Rand
	cluster *fleet.Cluster
	bank    *bank.Bank
	doors   *work.Doors
	load    *work.Load
	probe   *work.Probe
	journal *history.Journal
	faults  []span
	gaps    []time.Duration // after each fault, once it is settled
	note    string          // for the table
}

// enter starts a cluster, its bank and the load, and stops everything at the end of the test.
func enter(t *testing.T, f form) *arena {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and harms real processes: not in the short form")
	}
	seed := setting(t, "CHAOS_SEED", uint64(time.Now().UnixNano()))
	t.Logf("CHAOS_SEED=%d", seed)
	a := &arena{T: t, ctx: t.Context(), dice: rand.New(rand.NewPCG(seed, 0))}
	a.build(f)
	if f.before != nil {
		f.before(a)
	}
	for _, door := range a.doors.All[len(a.cluster.Nodes)-f.spare:] {
		door.Shut(true)
	}
	a.must(a.cluster.StartThese(a.ctx, a.cluster.Nodes[:len(a.cluster.Nodes)-f.spare]...))
	a.must(a.cluster.Whole(a.ctx))
	a.must(a.doors.Deploy(a.ctx))
	a.bank.Serve(a.doors.Clients(), quiet(a.cluster.Folder, t), a.doors.Workers()...)
	rates := usual
	if f.rates != nil {
		rates = *f.rates
	}
	a.probe = a.doors.Watch(a.ctx, a.cluster.Partitions, probeEvery)
	a.load = a.doors.Start(a.ctx, seed, rates)
	return a
}

// build lays everything out; nothing of the cluster runs yet.
func (a *arena) build(f form) {
	a.Helper()
	plan := fleet.Plan{Binary: binary(a.T), Folder: workFolder(a.T), Nodes: 3, Partitions: 3, Network: f.network, Env: f.env, Wrap: f.wrap}
	if f.nodes > 0 {
		plan.Nodes = f.nodes
	}
	if f.partitions > 0 {
		plan.Partitions = f.partitions
	}
	if plan.Factor = plan.Nodes; f.factor > 0 {
		plan.Factor = f.factor
	}
	plan.Settings = map[string]string{"hub.tenants": fmt.Sprintf("[%s, %s]", bank.PayerTenant, bank.PayeeTenant)}
	if f.spare > 0 {
		plan.Settings["engine.clusterSize"] = fmt.Sprint(plan.Nodes - f.spare)
	}
	if !long() { // other packages are built and tested beside it: who waits for a processor is not dead
		plan.Settings["engine.heartbeat"] = "1s"
	}
	for key, value := range f.settings {
		plan.Settings[key] = value
	}
	var err error
	a.cluster, err = fleet.New(plan)
	a.must(err)
	a.journal, err = history.Create(filepath.Join(plan.Folder, "record.jsonl"))
	a.must(err)
	a.bank, err = bank.Open(a.ctx, plan.Folder)
	a.must(err)
	addresses := make([]work.Address, len(a.cluster.Nodes))
	for i, n := range a.cluster.Nodes {
		addresses[i] = work.Address{Node: n.ID, GRPC: a.front(f.doors, n.ID, n.GRPC), HTTP: a.front(f.doors, n.ID, n.HTTP)}
	}
	a.doors, err = work.Open(addresses, a.journal)
	a.must(err)
	a.Cleanup(func() {
		if a.probe != nil {
			a.probe.Stop()
		}
		a.cluster.Close()
		if err := a.bank.Close(); err != nil {
			a.Errorf("the bank did not end well: %v", err)
		}
		if err := a.doors.Close(); err != nil {
			a.Errorf("the clients did not end well: %v", err)
		}
		if a.Failed() {
			for _, n := range a.cluster.Nodes {
				a.Logf("node %d ends with:\n%s", n.ID, n.LastWords())
			}
		}
	})
}

// front puts a proxy in front of what clients speak to, if there are proxies.
func (a *arena) front(doors *network.Proxies, node int, address string) string {
	a.Helper()
	if doors == nil {
		return address
	}
	proxy, err := doors.Open(node, address)
	a.must(err)
	return proxy
}

// quiet is a log of workers: it goes into a file, because it is full of nodes that are away.
func quiet(folder string, t *testing.T) *slog.Logger {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, "workers.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return slog.New(slog.NewTextHandler(f, nil))
}

func (a *arena) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// harm makes a fault and counts it.
func (a *arena) harm(what string, do func() error) {
	a.Helper()
	a.journal.Write(history.Note{What: history.Fault, Detail: what})
	a.faults = append(a.faults, span{began: time.Now()})
	if err := do(); err != nil {
		a.Fatalf("%s: %v", what, err)
	}
}

// leader is the node that leads a partition.
func (a *arena) leader(partition int, among ...*fleet.Node) *fleet.Node {
	a.Helper()
	n, err := a.cluster.Leader(a.ctx, partition, among...)
	a.must(err)
	return n
}

// calm lets the load go on for a while.
func (a *arena) calm(d time.Duration) {
	select {
	case <-time.After(d):
	case <-a.ctx.Done():
	}
}

// between is a time drawn from a span.
func (a *arena) between(least, most time.Duration) time.Duration {
	return least + time.Duration(a.dice.Int64N(int64(most-least)+1))
}

// others are the running nodes but the given ones.
func (a *arena) others(but ...*fleet.Node) (rest []*fleet.Node) {
next:
	for _, n := range a.cluster.Running() {
		for _, not := range but {
			if n == not {
				continue next
			}
		}
		rest = append(rest, n)
	}
	return rest
}

// restart starts nodes again and waits until they serve; it says how long that took.
func (a *arena) restart(nodes ...*fleet.Node) time.Duration {
	a.Helper()
	began := time.Now()
	a.must(a.cluster.StartThese(a.ctx, nodes...))
	return time.Since(began)
}

// settle says that everything is whole again, lets all work end, and has the run judged. The row of the table has the name.
func (a *arena) settle(name string) *judge.Verdict {
	a.Helper()
	healed := time.Now()
	a.journal.Write(history.Note{What: history.Healed})
	a.must(a.cluster.Whole(a.ctx))
	open := a.load.Finish(healed.Add(judge.EndsWithin))
	settled := time.Since(healed)
	a.probe.Stop()
	a.gaps = a.measure()
	commits, refused := a.probe.Commits()
	for _, n := range a.cluster.Running() {
		if err := n.Terminate(); err != nil {
			a.Error(err)
		}
	}
	a.must(a.bank.Close())
	e := judge.Evidence{}
	var err error
	e.Notes, err = a.journal.Close()
	a.must(err)
	e.Payer, e.Payee, err = a.bank.Books(context.WithoutCancel(a.ctx))
	a.must(err)
	v := judge.Judge(e)
	a.Logf("%d faults; acknowledged %v, committed %d, timed out %d, without answer %d, not ended %d; latest timer %s late; probe: %d committed, %d refused; gaps %v",
		len(a.faults), v.Acknowledged, v.Committed, v.TimedOut, v.Unanswered, open, v.Late.Round(time.Millisecond), commits, refused, a.gaps)
	a.blame(v)
	results.add(row{fault: name, faults: len(a.faults), verdict: v, gaps: a.gaps, commits: commits, peculiarity: a.note, settledAfter: settled})
	return v
}

// measure is the longest time without a committed write after each fault, until the next one or now.
func (a *arena) measure() (gaps []time.Duration) {
	for i, f := range a.faults {
		switch {
		case !f.ended.IsZero():
		case i+1 < len(a.faults):
			f.ended = a.faults[i+1].began
		default:
			f.ended = time.Now()
		}
		gaps = append(gaps, a.probe.Gap(f.began, f.ended))
	}
	return gaps
}

// overcome says that the last fault is over: what stops writes after this is the test's own doing.
func (a *arena) overcome() { a.faults[len(a.faults)-1].ended = time.Now() }

// most is how many findings are printed.
const most = 20

// blame fails the test with what was found.
func (a *arena) blame(v *judge.Verdict) {
	a.Helper()
	for i, f := range v.Findings {
		if i == most {
			a.Errorf("… and %d more", len(v.Findings)-i)
			break
		}
		a.Error(f)
	}
	if v.Committed == 0 {
		a.Error("no payment was committed: this run proves nothing")
	}
	for _, place := range a.cluster.Panics() {
		a.Error(place)
	}
}

// gapsBelow fails the test when writes stood still for longer after a fault: the p99 of at least sixty, and the longest. The short
// form, beside which other packages are built and tested, may take twice as long.
func (a *arena) gapsBelow(p99, longest time.Duration) {
	a.Helper()
	if !long() {
		longest *= 2
	}
	if got := quantile(a.gaps, 0.99); len(a.gaps) >= 60 && got > p99 {
		a.Errorf("p99 of the gaps in committed writes is %s, at most %s is promised", got, p99)
	}
	if got := quantile(a.gaps, 1); got > longest {
		a.Errorf("the longest gap in committed writes is %s, at most %s is allowed", got, longest)
	}
}
