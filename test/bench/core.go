package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var benchmarkLine = regexp.MustCompile(`BenchmarkOneTaskInstance\S*\s+\d+\s+(\d+) ns/op\s+([\d.]+) logbytes/op\s+(\d+) B/op\s+(\d+) allocs/op`)

// coreResult is what the benchmark of the core says per instance.
type coreResult struct{ nanoseconds, logBytes, bytes, allocations float64 }

// runCore runs the benchmark of the pure core once a run.
func (b *bench) runCore(ctx context.Context) (*coreResult, error) {
	if b.core != nil {
		return b.core, nil
	}
	c := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "OneTaskInstance", "-benchtime", "2s", "./engine/core")
	c.Dir = b.root
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	found := benchmarkLine.FindSubmatch(out)
	if found == nil {
		return nil, fmt.Errorf("no result in the benchmark's output:\n%s", out)
	}
	number := func(i int) float64 {
		v, _ := strconv.ParseFloat(string(found[i]), 64) // the pattern admits numbers alone
		return v
	}
	b.core = &coreResult{number(1), number(2), number(3), number(4)}
	return b.core, nil
}

// measureCore shows what deciding one instance costs without log, state on disk and network.
func measureCore(ctx context.Context, b *bench) error {
	c, err := b.runCore(ctx)
	if err != nil {
		return err
	}
	b.table.add(
		figure{name: "core: one instance decided", unit: "µs", value: c.nanoseconds / 1000},
		figure{name: "core: log entry bytes per instance", unit: "KB", value: c.logBytes / 1024},
		figure{name: "core: allocated per instance", unit: "KB", value: c.bytes / 1024},
		figure{name: "core: allocations per instance", value: c.allocations},
	)
	return nil
}
