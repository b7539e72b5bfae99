package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var benchmarkLine = regexp.MustCompile(`BenchmarkOneTaskInstance\S*\s+\d+\s+(\d+) ns/op\s+([\d.]+) logbytes/op\s+(\d+) B/op\s+(\d+) allocs/op`)

// measureCore runs the benchmark of the pure core: what deciding one instance costs without log, state on disk and network.
func measureCore(ctx context.Context, b *bench) error {
	c := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "OneTaskInstance", "-benchtime", "2s", "./engine/core")
	c.Dir = b.root
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	found := benchmarkLine.FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("no result in the benchmark's output:\n%s", out)
	}
	number := func(i int) float64 {
		v, _ := strconv.ParseFloat(string(found[i]), 64) // the pattern admits numbers alone
		return v
	}
	b.table.add(
		figure{name: "core: one instance decided", unit: "µs", value: number(1) / 1000},
		figure{name: "core: log entry bytes per instance", unit: "KB", value: number(2) / 1024},
		figure{name: "core: allocated per instance", unit: "KB", value: number(3) / 1024},
		figure{name: "core: allocations per instance", value: number(4)},
	)
	return nil
}
