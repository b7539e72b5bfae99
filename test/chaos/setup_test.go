package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain runs the tests and prints what became of every fault.
func TestMain(m *testing.M) {
	code := m.Run()
	if text := results.String(); text != "" {
		fmt.Print(text)
	}
	if built.folder != "" {
		os.RemoveAll(built.folder)
	}
	os.Exit(code)
}

// built is the program to test.
var built struct {
	once           sync.Once
	folder, binary string
	err            error
}

// binary gives the program to test: PAYHUB_BIN, or one that is built now, once.
func binary(t *testing.T) string {
	t.Helper()
	if program := os.Getenv("PAYHUB_BIN"); program != "" {
		return program
	}
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "payhub-chaos-"); built.err != nil {
			return
		}
		built.binary = filepath.Join(built.folder, "payhub")
		build := exec.Command("go", "build", "-ldflags", "-X main.version=chaos-test", "-o", built.binary, "./cmd/payhub")
		build.Dir = filepath.Join("..", "..")
		build.Env = append(os.Environ(), "CGO_ENABLED=1")
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build payhub: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.binary
}

// long tells whether the long forms are to be run.
func long() bool { return os.Getenv("CHAOS_LONG") != "" }

// onlyLong leaves a case out of the short form.
func onlyLong(t *testing.T) {
	t.Helper()
	if !long() {
		t.Skip("only in the long form: CHAOS_LONG=1, or test/chaos/torture")
	}
}

// rounds is how often a fault is made: so often in the short form, so often in the long one, or as CHAOS_ROUNDS says.
func rounds(t *testing.T, short, many int) int {
	t.Helper()
	n := short
	if long() {
		n = many
	}
	return int(setting(t, "CHAOS_ROUNDS", uint64(n)))
}

// setting reads a number of the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, text)
	}
	return n
}

// workFolder is where a run keeps its things: data, logs and the record. It stays if the test fails and CHAOS_KEEP names a
// folder.
func workFolder(t *testing.T) string {
	t.Helper()
	keep := os.Getenv("CHAOS_KEEP")
	if keep == "" {
		return t.TempDir()
	}
	folder, err := os.MkdirTemp(keep, strings.ReplaceAll(t.Name(), "/", "_")+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("kept: %s", folder)
			return
		}
		os.RemoveAll(folder)
	})
	return folder
}

// eventually waits until something holds, and says how long it took; it fails the test when it does not in time.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if holds() {
			return time.Since(began)
		}
		if time.Since(began) > within {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}
