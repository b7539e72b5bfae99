package dev

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a running payhub.
type Process struct {
	// Addresses are those of --addresses-file.
	Addresses struct{ GRPC, HTTP, Management string }
	// Data is its data folder.
	Data string

	t     testing.TB
	cmd   *exec.Cmd
	log   buffer
	ended chan struct{}
}

// readyLimit is how long payhub may take until it serves.
const readyLimit = 60 * time.Second

// Start runs payhub dev on a data folder until the test ends, and waits until it is ready; "" is a new folder. At the
// end of the test it must still run, end cleanly when asked to, and never have panicked.
func Start(t testing.TB, data string, args ...string) *Process {
	t.Helper()
	if data == "" {
		data = t.TempDir()
	}
	return StartCommand(t, data, append([]string{"dev", "--data", data}, args...)...)
}

// StartCommand does what Start does for another command line that names its data folder itself.
func StartCommand(t testing.TB, data string, args ...string) *Process {
	t.Helper()
	p, ready := launch(t, data, args)
	if !ready {
		t.Fatalf("payhub was not ready; its log:\n%s", p.Log())
	}
	return p
}

// FreePorts are the flags that let payhub take free ports.
func FreePorts() []string {
	return []string{"--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0"}
}

func launch(t testing.TB, data string, args []string) (*Process, bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "addresses.json")
	args = append(append(args[:len(args):len(args)], "--addresses-file", file), FreePorts()...)
	p := &Process{Data: data, t: t, cmd: command(nil, args), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // the exit code is in ProcessState
	}()
	t.Cleanup(p.check)
	for deadline := time.Now().Add(readyLimit); time.Now().Before(deadline); {
		if text, err := os.ReadFile(file); err == nil {
			if err := json.Unmarshal(text, &p.Addresses); err != nil {
				t.Fatal(err)
			}
			return p, true
		}
		select {
		case <-p.ended:
			return p, false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return p, false
}

// check ends a process that still runs, and looks for panics.
func (p *Process) check() {
	if p.Running() {
		if code := p.End(syscall.SIGTERM); code != 0 {
			p.t.Errorf("payhub ended with exit code %d when it was asked to end; its log ends:\n%s", code, tail(p.Log()))
		}
	}
	for _, bad := range []string{"panic", "fatal error:", "DATA RACE"} {
		if at := strings.Index(p.Log(), bad); at >= 0 {
			p.t.Errorf("payhub's log has %q:\n%s", bad, p.Log()[max(0, at-500):min(len(p.Log()), at+3000)])
		}
	}
}

// endLimit is how long payhub may take to end; surface.md promises 10 s.
const endLimit = 12 * time.Second

// End sends a signal, waits for the end and gives the exit code; -1 after SIGKILL, or when it did not end in time.
func (p *Process) End(signal os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Errorf("payhub cannot be ended: %v; its log ends:\n%s", err, tail(p.Log()))
	}
	select {
	case <-p.ended:
	case <-time.After(endLimit):
		p.t.Errorf("payhub did not end within %v after %v; its log ends:\n%s", endLimit, signal, tail(p.Log()))
		p.cmd.Process.Kill()
		<-p.ended
	}
	return p.cmd.ProcessState.ExitCode()
}

// Again ends the process with a signal and starts it on the same data folder, with further flags.
func (p *Process) Again(signal os.Signal, args ...string) *Process {
	p.t.Helper()
	p.End(signal)
	return Start(p.t, p.Data, args...)
}

// Running tells whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Log is what it wrote so far.
func (p *Process) Log() string { return p.log.String() }

// Pid is its process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

func tail(log string) string { return log[max(0, len(log)-4000):] }

// buffer is a bytes.Buffer for a writer and readers at once.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is what was written so far.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
