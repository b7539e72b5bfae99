// Package sim is the /sim surface of payhub dev: the books of the simulated account systems, and the faults that simulators are
// told to make. The simulators themselves live beside what they simulate; they ask Faults what goes wrong next, and hand in
// handlers of their own for what they have to show.
package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault says what goes wrong, where and how often.
type Fault struct {
	// ID names it; given by Add when it is empty.
	ID string `json:"id"`
	// Kind is one of the simulators' kinds, such as answer-lost-after-commit.
	Kind string `json:"kind"`
	// Target is TENANT/OPERATION, such as greenbank/book; a "*" stands for any tenant or operation.
	Target string `json:"target"`
	// Share is the part of the target's operations that it hits, above 0 up to 1. Either Share or Count is given.
	Share float64 `json:"share,omitempty"`
	// Count is how many of the target's next operations it hits; then it is spent.
	Count int `json:"count,omitempty"`
	// Seed makes the choice of a share repeatable: the same seed hits the same operations, counted from the first.
	Seed uint64 `json:"seed,omitempty"`
	// Delay is how long a stall lasts, such as "2s"; default 5s.
	Delay string `json:"delay,omitempty"`
	// Seen and Hit count the operations of its target and those that it hit. They are answers only.
	Seen int `json:"seen"`
	Hit  int `json:"hit"`
}

// defaultDelay is how long a stall lasts when nothing is said.
const defaultDelay = 5 * time.Second

// Faults is the plan of what goes wrong. It is safe for concurrent use. Operations that run at the same time are counted in the
// order in which they ask, so a seed repeats a run exactly only when that order does.
type Faults struct {
	kinds      []string
	operations []string

	mu    sync.Mutex
	plan  []*planned
	named int
}

// planned is a fault with what it needs to decide.
type planned struct {
	Fault
	tenant, operation string
	delay             time.Duration
	dice              *rand.Rand
}

// NewFaults is an empty plan over what the simulators can do.
func NewFaults(kinds, operations []string) *Faults {
	return &Faults{kinds: slices.Clone(kinds), operations: slices.Clone(operations)}
}

// Inject decides what goes wrong with the next operation of a tenant: the first fault of the plan that hits it. "" is nothing.
func (f *Faults) Inject(tenant, operation string) (kind string, delay time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.plan {
		if p.aimedAt(tenant, operation) && p.strikes() {
			return p.Kind, p.delay
		}
	}
	return "", 0
}

func (p *planned) aimedAt(tenant, operation string) bool {
	return (p.tenant == "*" || p.tenant == tenant) && (p.operation == "*" || p.operation == operation)
}

func (p *planned) strikes() bool {
	p.Seen++
	strikes := p.Hit < p.Count
	if p.Count == 0 {
		strikes = p.dice.Float64() < p.Share
	}
	if strikes {
		p.Hit++
	}
	return strikes
}

// List is the plan, in the order in which it is asked.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Fault, 0, len(f.plan))
	for _, p := range f.plan {
		list = append(list, p.Fault)
	}
	return list
}

// Add puts a fault at the end of the plan, under its id or a new one. The error says what is wrong with it.
func (f *Faults) Add(fault Fault) (Fault, error) {
	p, err := f.check(fault)
	if err != nil {
		return Fault{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for p.ID == "" || fault.ID == "" && f.index(p.ID) >= 0 {
		f.named++
		p.ID = fmt.Sprintf("fault-%d", f.named)
	}
	if f.index(p.ID) >= 0 {
		return Fault{}, fmt.Errorf("there is a fault %q already (replace it with PUT /sim/faults/%s)", p.ID, p.ID)
	}
	f.plan = append(f.plan, p)
	return p.Fault, nil
}

// Put sets the fault with this id, new or in place of the old one, whose counts begin anew.
func (f *Faults) Put(id string, fault Fault) (Fault, error) {
	fault.ID = id
	p, err := f.check(fault)
	if err != nil {
		return Fault{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(id); i >= 0 {
		f.plan[i] = p
	} else {
		f.plan = append(f.plan, p)
	}
	return p.Fault, nil
}

// Replace sets the whole plan. When one of the faults is wrong nothing changes.
func (f *Faults) Replace(faults []Fault) ([]Fault, error) {
	next := NewFaults(f.kinds, f.operations)
	for i, fault := range faults {
		if _, err := next.Add(fault); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	f.mu.Lock()
	f.plan, f.named = next.plan, max(f.named, next.named)
	f.mu.Unlock()
	return f.List(), nil
}

// Remove takes a fault out of the plan; false when there is none with this id.
func (f *Faults) Remove(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(id)
	if i < 0 {
		return false
	}
	f.plan = slices.Delete(f.plan, i, i+1)
	return true
}

// Clear empties the plan: everything works again.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = nil
}

func (f *Faults) index(id string) int {
	return slices.IndexFunc(f.plan, func(p *planned) bool { return p.ID == id })
}

// check reads a fault as it was given.
func (f *Faults) check(fault Fault) (*planned, error) {
	if !slices.Contains(f.kinds, fault.Kind) {
		return nil, fmt.Errorf("kind %q is none of %s", fault.Kind, strings.Join(f.kinds, ", "))
	}
	tenant, operation, two := strings.Cut(fault.Target, "/")
	if !two || tenant == "" || operation != "*" && !slices.Contains(f.operations, operation) {
		return nil, fmt.Errorf("target %q is not TENANT/OPERATION (either may be *; operations: %s)", fault.Target, strings.Join(f.operations, ", "))
	}
	if fault.Count < 0 || (fault.Count > 0) == (fault.Share != 0) {
		return nil, fmt.Errorf("a fault has a share above 0 up to 1, or a count above 0, not both and not neither")
	}
	if fault.Count == 0 && !(fault.Share > 0 && fault.Share <= 1) {
		return nil, fmt.Errorf("share %v is not above 0 up to 1", fault.Share)
	}
	delay := defaultDelay
	if fault.Delay != "" {
		var err error
		if delay, err = time.ParseDuration(fault.Delay); err != nil || delay < 0 {
			return nil, fmt.Errorf("delay %q is not a duration such as 2s", fault.Delay)
		}
	}
	fault.Seen, fault.Hit = 0, 0
	return &planned{Fault: fault, tenant: tenant, operation: operation, delay: delay, dice: rand.New(rand.NewPCG(fault.Seed, 0))}, nil
}
