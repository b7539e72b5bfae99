package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	only, binary, data             string
	quick, noZeebe, alone, profile bool
	runs                           int
}

// bench is one run: what is measured, with what, and the results so far.
type bench struct {
	options
	root   string // of the repository
	folder string // everything this run writes; deleted at the end
	load   loader
	oracle string // the oracle's start script; empty without it
	table  table
	// zeebePaced is what Zeebe showed at a rate it can do, for the latencies.
	zeebePaced result
	core       *coreResult // once measured
}

// newBench builds what is measured and measures the disk.
func newBench(ctx context.Context, o options) (*bench, error) {
	b := &bench{options: o}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w (run it inside the payhub repository)", err)
	}
	b.root = strings.TrimSpace(string(out))
	if b.data == "" { // not the temporary folder: that may be in memory, where an fsync costs nothing
		if b.data, err = os.UserCacheDir(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(b.data, 0o755); err != nil {
		return nil, err
	}
	if b.folder, err = os.MkdirTemp(b.data, "payhub-bench-"); err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// prepare builds the server and the generator, and looks at disk and machine.
func (b *bench) prepare(ctx context.Context) error {
	if b.binary == "" {
		b.binary = filepath.Join(b.folder, "payhub")
		if err := b.build(ctx, b.root, b.binary, "./cmd/payhub"); err != nil {
			return err
		}
	}
	shared := filepath.Join(b.root, "..", "shared")
	if _, err := os.Stat(filepath.Join(shared, "load", "main.go")); err == nil && !b.alone {
		if b.load, err = b.buildLoad(ctx, filepath.Join(shared, "load")); err != nil {
			return err
		}
	} else {
		b.say("../shared/load is absent or not wanted: payhub is measured with the generator of this program")
		b.load = ownLoad{}
	}
	script := filepath.Join(shared, "oracle", "run")
	if _, err := os.Stat(script); err == nil && !b.noZeebe && !b.alone {
		b.oracle = script
	} else {
		b.say("../shared/oracle is absent or not wanted: the baseline is the core alone, not Zeebe")
	}
	return b.measureDisk()
}

// build compiles a Go program.
func (b *bench) build(ctx context.Context, folder, binary, target string) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", binary, target)
	c.Dir = folder
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", target, err, out)
	}
	return nil
}

// close deletes what the run wrote.
func (b *bench) close() { os.RemoveAll(b.folder) }

// say writes progress to standard error: the table alone goes to standard output.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// window shortens a duration in a quick run.
func (b *bench) window(d time.Duration) time.Duration {
	if b.quick {
		return max(d/4, 3*time.Second)
	}
	return d
}

// waiting is how many instances wait in the figures about them.
func (b *bench) waiting() int {
	if b.quick {
		return 100_000
	}
	return 1_000_000
}

// machine says what else runs: figures of a busy machine are worth less.
func machine() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return fmt.Sprintf("%d cores", runtime.NumCPU())
	}
	return fmt.Sprintf("%d cores, load average %s", runtime.NumCPU(), strings.Join(strings.Fields(string(load))[:3], " "))
}
