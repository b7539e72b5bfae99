package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
)

// Desk is what an operator sees of the cluster, from its exported records, and where users complain. *check.Judge is one.
type Desk interface {
	// OpenInstances is how many instances have begun and not ended.
	OpenInstances() int
	// OpenIncidents lists the incidents that wait for somebody.
	OpenIncidents() []check.OpenIncident
	// Complain tells of an answer that is not what was promised.
	Complain(rule, what string)
}

// Users are all who use a cluster: clients that carry a plan out, workers, ledgers and an operator. They are single-threaded
// state machines driven by the World.
type Users struct {
	plan  Plan
	desk  Desk
	w     World
	began int64

	requests   map[uint64]func(answer record.Record, err error)
	reads      map[uint64]func(found check.Found, err error)
	references uint64 // operation references that were used
	deployed   bool
	versions   int

	next    int // of the plan's tasks
	running []*task
	healed  bool

	bank     *bank
	workers  []*worker
	payments []*payment
	mended   map[int64]bool // incidents that the operator works on
	pending  int            // what ledgers do later
}

var _ Client = (*Users)(nil)

// New makes the users who carry out a plan.
func New(plan Plan, desk Desk) *Users {
	return &Users{
		plan: plan, desk: desk, bank: newBank(), mended: map[int64]bool{},
		requests: map[uint64]func(record.Record, error){}, reads: map[uint64]func(check.Found, error){},
	}
}

// task is a Task that runs.
type task struct {
	Task
	rng  *rand.Rand
	what string // it waits for
}

// scripts begin the tasks.
var scripts = map[Kind]func(u *Users, t *task){
	Payment: (*Users).pay, Timers: (*Users).timers, TwoMessages: (*Users).twoMessages, MessageFirst: (*Users).messageFirst,
	NoBuffer: (*Users).noBuffer, MessageStart: (*Users).messageStart, Race: (*Users).race, Gateways: (*Users).gateways,
	Incidents: (*Users).incidents, Cancel: (*Users).cancel, Result: (*Users).result, Plain: (*Users).plain, Deploy: (*Users).deploy,
	Expire: (*Users).expire, Shared: (*Users).shared,
}

// Start implements Client: the processes are deployed before anything else is done.
func (u *Users) Start(w World) {
	u.w, u.began = w, w.Now()
	u.hire()
	u.insist(1, -1, record.DeploymentCreate, deployment(0), func(answer record.Record) {
		if answer.IsRejection() {
			u.desk.Complain(check.RuleResult, "the models are refused: "+answer.RejectionReason)
			return
		}
		u.deployed = true
	})
}

// Answer implements Client.
func (u *Users) Answer(requestID uint64, answer record.Record, err error) {
	then := u.requests[requestID]
	delete(u.requests, requestID)
	if then != nil {
		then(answer, err)
	}
}

// Found implements Client.
func (u *Users) Found(requestID uint64, found check.Found, err error) {
	then := u.reads[requestID]
	delete(u.reads, requestID)
	if then != nil {
		then(found, err)
	}
}

// Tick implements Client: what is due of the plan begins, and the operator looks at the incidents.
func (u *Users) Tick(now int64) {
	for u.deployed && !u.healed && u.next < len(u.plan.Tasks) && u.plan.Tasks[u.next].At <= now-u.began {
		t := &task{Task: u.plan.Tasks[u.next]}
		t.rng = rand.New(rand.NewPCG(t.Seed, 0))
		u.next++
		u.running = append(u.running, t)
		scripts[t.Kind](u, t)
	}
	u.mend()
}

// over is what a task waits for that has ended.
const over = "nothing"

// done ends a task.
func (u *Users) done(t *task) {
	t.what = over
	u.running = slices.DeleteFunc(u.running, func(other *task) bool { return other == t })
}

// Heal implements Client: what has not begun is left out.
func (u *Users) Heal() { u.healed = true }

// Idle implements Client.
func (u *Users) Idle() bool {
	return u.healed && len(u.running) == 0 && len(u.requests) == 0 && len(u.reads) == 0 && u.pending == 0 && u.desk.OpenInstances() == 0
}

// Unfinished implements Client.
func (u *Users) Unfinished() (all []string) {
	if u.Idle() {
		return nil
	}
	for _, t := range u.running {
		all = append(all, t.Task.String()+": "+t.what)
	}
	if n := len(u.requests) + len(u.reads); n > 0 {
		all = append(all, fmt.Sprintf("%d requests have no answer", n))
	}
	return all
}

// Begun is how many of the plan's tasks were begun.
func (u *Users) Begun() int { return u.next }
