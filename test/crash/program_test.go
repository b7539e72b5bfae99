//go:build linux && amd64

package crash

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// buildPayhub gives the program to test: PAYHUB_BIN, or one that is built now as the Makefile does.
func buildPayhub(t testing.TB) string {
	t.Helper()
	if program := os.Getenv("PAYHUB_BIN"); program != "" {
		return program
	}
	program := filepath.Join(t.TempDir(), "payhub")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X main.version=crash-test", "-o", program, "./cmd/payhub")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build payhub: %v\n%s", err, out)
	}
	return program
}

// program is one life of payhub on a data folder.
type program struct {
	command *exec.Cmd
	ended   chan error
	folder  string // holds data, addresses.json and payhub.log
	began   time.Time
	addresses
}

// addresses are where a program serves.
type addresses struct {
	HTTP       string `json:"http"`
	Management string `json:"management"`
}

// pace is how often a program flushes its state and takes snapshots.
type pace struct{ flush, snapshot time.Duration }

// launch starts payhub dev on folder/data; wait says when it serves.
func launch(binary, folder string, p pace) (*program, error) {
	file := filepath.Join(folder, "addresses.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(folder, "payhub.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	args := []string{
		"dev", "--engine.data", filepath.Join(folder, "data"), "--addresses-file", file,
		"--engine.flush.interval", p.flush.String(), "--engine.snapshot.interval", p.snapshot.String(),
	}
	for _, listener := range []string{"grpc", "http", "management", "node", "gossip"} {
		args = append(args, "--"+listener+"-listen", "127.0.0.1:0")
	}
	c := exec.Command(binary, args...)
	c.Stdout, c.Stderr = log, log
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PAYHUB_") || strings.HasPrefix(v, "ZEEBE_") })
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // not outlive a test that is killed itself
	running := &program{command: c, ended: make(chan error, 1), folder: folder, began: time.Now()}
	if err := c.Start(); err != nil {
		return nil, err
	}
	go func() { running.ended <- c.Wait() }()
	return running, nil
}

// readyWithin is how long a start may take, on a machine that builds and tests beside it.
const readyWithin = 60 * time.Second

// wait returns when the program serves.
func (p *program) wait() error {
	file := filepath.Join(p.folder, "addresses.json")
	for end := time.Now().Add(readyWithin); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(text, &p.addresses) == nil && p.HTTP != "" {
			return nil
		}
		select {
		case err := <-p.ended:
			return fmt.Errorf("payhub ended by itself while it started: %v\n%s", err, p.lastWords())
		default:
		}
		if time.Now().After(end) {
			return fmt.Errorf("payhub does not serve after %s\n%s", readyWithin, p.lastWords())
		}
	}
}

// lastWords is the end of the program's log.
func (p *program) lastWords() string {
	text, err := os.ReadFile(filepath.Join(p.folder, "payhub.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// kill ends the program with SIGKILL. An error says that it had ended before, by itself.
func (p *program) kill() error {
	err := p.command.Process.Kill()
	ended := <-p.ended
	var exit *exec.ExitError
	if errors.As(ended, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			return nil
		}
	}
	return fmt.Errorf("payhub had ended by itself before it was killed: %v, %v\n%s", ended, err, p.lastWords())
}

// terminate asks the program to end, as an operator does, and expects it to do so in time with exit code 0.
func (p *program) terminate() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-p.ended:
		if err != nil {
			return fmt.Errorf("after SIGTERM: %w\n%s", err, p.lastWords())
		}
		return nil
	case <-time.After(20 * time.Second):
		return errors.Join(errors.New("payhub runs on 20 s after SIGTERM"), p.kill())
	}
}
