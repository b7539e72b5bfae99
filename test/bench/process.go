package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that this run started.
type process struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{} // closed when it has ended
}

// start runs a server with its output in a file. Only its own pid is ever signalled.
func (b *bench) start(name, log string, env []string, arguments ...string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.Command(name, arguments...), log: log, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = out, out, b.folder
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // that it ended is what counts; its log says why
		close(p.ended)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends it with a signal and waits; what does not end within 20 seconds is killed.
func (p *process) stop(signal syscall.Signal) {
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// until waits for a condition and fails early when the server has ended.
func (p *process) until(ctx context.Context, limit time.Duration, what string, done func() bool) error {
	deadline := time.After(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return fmt.Errorf("the server ended before %s:\n%s", what, p.tail())
		case <-deadline:
			return fmt.Errorf("no %s within %v:\n%s", what, limit, p.tail())
		case <-tick.C:
		}
	}
	return nil
}

// tail is the end of its output.
func (p *process) tail() string {
	text, _ := os.ReadFile(p.log) // an empty tail is said as such
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// status reads one line of /proc/PID/status in MB.
func (p *process) status(key string) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == key+":" {
			kb, _ := strconv.ParseFloat(fields[1], 64)
			return kb / 1024
		}
	}
	return 0
}

// cpu is the user and system time it has used.
func (p *process) cpu() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid()))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts in hundredths of a second
}

// pids are the processes' numbers, comma separated.
func pids(processes []*process) string {
	var numbers []string
	for _, p := range processes {
		numbers = append(numbers, strconv.Itoa(p.pid()))
	}
	return strings.Join(numbers, ",")
}

// cpuOf is what processes have used together.
func cpuOf(processes []*process) (sum time.Duration) {
	for _, p := range processes {
		sum += p.cpu()
	}
	return sum
}

// folderSize is what the files of a folder hold, in MB.
func folderSize(folder string) float64 {
	var sum int64
	_ = filepath.WalkDir(folder, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			if info, err := entry.Info(); err == nil { // a file that has just gone counts nothing
				sum += info.Size()
			}
		}
		return nil
	})
	return float64(sum) / (1 << 20)
}
