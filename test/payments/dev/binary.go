package dev

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// binary is payhub as Main built it.
var binary string

// atOnce is how many tests run at the same time: most of them wait for timers of flows, not for a processor.
const atOnce = "6"

// Main is TestMain of a package of black box tests: it builds payhub once, runs the tests, looks for goroutines that
// were left, and exits.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "payhub-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "payhub")
	build := exec.Command("go", "build", "-o", binary, "./cmd/payhub")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "payhub cannot be built: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	client.CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Root is the folder of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// Result is what a command line came to.
type Result struct {
	// Code is the exit code; -1 when it did not end within the limit.
	Code int
	// Out and Err are what it wrote to standard output and standard error.
	Out, Err string
}

// commandLimit is how long a command that ends by itself may take.
const commandLimit = 30 * time.Second

// Run runs a payhub command that ends by itself, with variables NAME=VALUE in its environment beside a bare one.
func Run(t testing.TB, environ []string, args ...string) Result {
	t.Helper()
	var out, errs bytes.Buffer
	c := command(environ, args)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(commandLimit, func() { c.Process.Kill() })
	defer late.Stop()
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Result{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// command makes a payhub process with an environment that holds nothing of the caller's payhub.
func command(environ, args []string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "TMPDIR=" + os.TempDir()}, environ...)
	return c
}
