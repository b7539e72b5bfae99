package sim

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Volume is what many worlds came to.
type Volume struct {
	Worlds   int
	Commands int
	Entries  int
	Hours    float64 // simulated
	Faults   []Count // by kind
	Noticed  []Count
	Broken   []Report // the worlds in which something was
}

// RunMany runs one world for each seed from from on, as many at a time as there are processors. Each world is
// single-threaded and the same whatever runs beside it. done is called for each, in the order of seeds; nil: nobody is.
func RunMany(from uint64, count int, options func(seed uint64) Options, done func(*Report)) Volume {
	reports := make([]chan Report, count)
	for i := range reports {
		reports[i] = make(chan Report, 1)
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				reports[i] <- Run(options(from + uint64(i)))
			}
		})
	}
	go func() {
		for i := range count {
			next <- i
		}
		close(next)
	}()
	var v Volume
	for i := range reports {
		r := <-reports[i]
		v.add(&r)
		if done != nil {
			done(&r)
		}
	}
	workers.Wait()
	return v
}

func (v *Volume) add(r *Report) {
	v.Worlds++
	v.Commands += r.Commands
	v.Entries += r.Entries
	v.Hours += float64(r.Simulated) / 3_600_000
	v.Faults = sum(v.Faults, r.Faults)
	v.Noticed = sum(v.Noticed, r.Noticed)
	if len(r.Violations) > 0 {
		v.Broken = append(v.Broken, *r)
	}
}

// sum adds counts by kind.
func sum(all, more []Count) []Count {
	for _, c := range more {
		i := slices.IndexFunc(all, func(known Count) bool { return known.Kind == c.Kind })
		if i < 0 {
			all = append(all, c)
		} else {
			all[i].N += c.N
		}
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}

// FaultCount is the number of faults of all kinds.
func (v *Volume) FaultCount() (n int) {
	for _, c := range v.Faults {
		n += c.N
	}
	return n
}

// Missing lists the kinds of faults that did not happen.
func (v *Volume) Missing() (kinds []string) {
	for _, kind := range FaultKinds() {
		if !slices.ContainsFunc(v.Faults, func(c Count) bool { return c.Kind == kind }) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// String is the table of what was run.
func (v *Volume) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d worlds, %.1f simulated hours, %d commands decided, %d log entries committed, %d faults, %d worlds broken\n",
		v.Worlds, v.Hours, v.Commands, v.Entries, v.FaultCount(), len(v.Broken))
	for _, c := range v.Faults {
		fmt.Fprintf(&b, "  %-45s %7d\n", c.Kind, c.N)
	}
	b.WriteString("what followed\n")
	for _, c := range v.Noticed {
		fmt.Fprintf(&b, "  %-45s %7d\n", c.Kind, c.N)
	}
	return b.String()
}
