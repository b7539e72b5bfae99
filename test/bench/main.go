// Bench measures payhub end to end and prints one table: each figure with its target, the baseline of the same run on the same
// machine and the ratio between them. The baseline is the real Zeebe when the load generator and the oracle lie beside the
// repository (../shared); without them payhub is measured alone with a small generator of its own, beside the core's benchmark.
//
//	go run ./test/bench                      every figure
//	go run ./test/bench -only throughput     one group: see -list
//	go run ./test/bench -quick               short windows, 100,000 waiting instances
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// group is a set of figures that are measured together, on the same servers.
type group struct {
	name, about string
	run         func(context.Context, *bench) error
}

var groups = []group{
	{"throughput", "instances/s and CPU per instance, closed loop, against Zeebe", measureThroughput},
	{"latency", "create to completed at 500 instances/s", measureLatency},
	{"cluster", "three nodes, replication factor 3, 3 partitions, against three Zeebe brokers", measureCluster},
	{"followers", "CPU of followers against their leader, replication factor 3, 1 partition", measureFollowers},
	{"partitions", "one node with 8 partitions against one with 1, at the same load", measurePartitions},
	{"waiting", "throughput, and the restart, with instances waiting", measureWaiting},
	{"memory", "memory of payhub dev, idle and with instances waiting", measureMemory},
	{"operations", "the highest rate the operations store keeps up with", measureOperations},
	{"payments", "payments/s over HTTP with both ledgers", measurePayments},
	{"core", "the pure core alone, without log, state and network", measureCore},
}

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "groups to measure, comma separated (default: all)")
	flag.BoolVar(&o.quick, "quick", false, "shorter windows and 100,000 waiting instances")
	flag.IntVar(&o.runs, "runs", 1, "windows per figure of the cluster groups; the best counts, for a machine that others use too")
	flag.BoolVar(&o.noZeebe, "no-zeebe", false, "leave the real Zeebe out")
	flag.BoolVar(&o.alone, "alone", false, "measure payhub alone, as if ../shared were absent")
	flag.StringVar(&o.binary, "payhub", "", "binary to measure (default: built from this tree)")
	flag.StringVar(&o.data, "data", "", "folder for servers' data, on the disk to measure (default: below the user's cache folder)")
	flag.BoolVar(&o.profile, "profile", false, "keep a CPU profile of each measured window of payhub, see the log")
	list := flag.Bool("list", false, "list the groups")
	flag.Parse()
	if *list {
		for _, g := range groups {
			fmt.Printf("%-12s %s\n", g.name, g.about)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the chosen groups one after the other. A group that fails is reported and does not keep the others from running.
func run(ctx context.Context, o options) error {
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	var failures []error
	for _, g := range chosen {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.say("%s: %s", g.name, g.about)
		if err := g.run(ctx, b); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", g.name, err))
			b.say("%s failed: %v", g.name, err)
		}
	}
	b.table.print(os.Stdout)
	return errors.Join(failures...)
}

// choose gives the groups named in a list; all for an empty one.
func choose(only string) ([]group, error) {
	if only == "" {
		return groups, nil
	}
	var chosen []group
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no group %q (-list shows them)", name)
		}
		chosen = append(chosen, groups[i])
	}
	return chosen, nil
}
