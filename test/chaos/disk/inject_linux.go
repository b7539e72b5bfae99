// Package disk harms the disks of processes: system calls that fail or take long, by strace, and disks that are full. What it
// cannot do here it says.
package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Injection is strace attached to a process.
type Injection struct {
	command *exec.Cmd
	said    bytes.Buffer
	ended   chan struct{}
}

// InjectionMissing says what is missing here for injections; nil: nothing.
func InjectionMissing() error {
	if _, err := exec.LookPath("strace"); err != nil {
		return errors.New("strace is not installed")
	}
	return nil
}

// attachWithin is how long strace may take to attach to all threads.
const attachWithin = 5 * time.Second

// Syncs are the system calls that make what was written last.
const Syncs = "fsync,fdatasync"

// Inject harms system calls of a running process: calls are names as strace knows them, with commas between; how is what happens
// to them, such as error=EIO or delay_enter=20ms. It returns once that holds, which lasts until End or the end of the process.
func Inject(pid int, calls, how string) (*Injection, error) {
	if err := InjectionMissing(); err != nil {
		return nil, err
	}
	i := &Injection{ended: make(chan struct{})}
	i.command = exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls, "-e", "inject="+calls+":"+how, "-p", fmt.Sprint(pid))
	i.command.Stdout, i.command.Stderr = &i.said, &i.said
	if err := i.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = i.command.Wait() // it ends by a signal, or with the process
		close(i.ended)
	}()
	for end := time.Now().Add(attachWithin); ; time.Sleep(5 * time.Millisecond) {
		if traced(pid) {
			return i, nil
		}
		select {
		case <-i.ended:
			return nil, fmt.Errorf("strace cannot attach to process %d: %s", pid, bytes.TrimSpace(i.said.Bytes()))
		default:
		}
		if time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("strace did not attach to process %d within %s", pid, attachWithin), i.End())
		}
	}
}

// traced tells whether every thread of a process has a tracer.
func traced(pid int) bool {
	folder := fmt.Sprintf("/proc/%d/task", pid)
	threads, err := os.ReadDir(folder)
	if err != nil {
		return false
	}
	for _, t := range threads {
		text, err := os.ReadFile(folder + "/" + t.Name() + "/status")
		if err == nil && strings.Contains(string(text), "TracerPid:\t0\n") {
			return false
		}
	}
	return len(threads) > 0
}

// End takes the harm away.
func (i *Injection) End() error {
	select {
	case <-i.ended:
		return nil
	default:
	}
	if err := i.command.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-i.ended:
	case <-time.After(attachWithin):
		_ = i.command.Process.Kill() // it ends by this or has ended
		<-i.ended
	}
	return nil
}
