package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// object is a JSON object.
type object = map[string]any

// answer is what a driver says about a call: a value, a gRPC status, that the client has no such
// call, or that something else went wrong.
type answer struct {
	Value       any    `json:"value,omitempty"`
	Code        string `json:"code,omitempty"`
	Message     string `json:"message,omitempty"`
	Unsupported bool   `json:"unsupported,omitempty"`
	Failed      string `json:"failed,omitempty"`
}

// driver makes calls with one client.
type driver interface {
	call(name string, args object) (answer, error)
	close()
}

// process is a driver in a program of its own: a call a line in, an answer a line out.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	answers chan []byte
	stderr  bytes.Buffer // shown when the driver breaks: clients log errors that are expected here
}

func startProcess(dir string, environment []string, name string, arguments ...string) (driver, error) {
	p := &process{command: exec.Command(name, arguments...), answers: make(chan []byte)}
	p.command.Dir = dir
	p.command.Env = append(os.Environ(), environment...)
	p.command.Stderr = &p.stderr
	in, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in = in
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.answers)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if line := lines.Bytes(); len(line) > 0 && line[0] == '{' { // some clients log to standard output
				p.answers <- append([]byte(nil), line...)
			}
		}
	}()
	return p, nil
}

func (p *process) call(name string, args object) (answer, error) {
	line, err := json.Marshal(object{"call": name, "args": args})
	if err != nil {
		return answer{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("the driver has ended: %w\n%s", err, p.stderr.String())
	}
	select {
	case line, ok := <-p.answers:
		if !ok {
			_ = p.command.Wait() // so that all it said is here
			return answer{}, fmt.Errorf("the driver ended during %s\n%s", name, p.stderr.String())
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			return answer{}, fmt.Errorf("the driver said %q: %w", line, err)
		}
		return a, nil
	case <-time.After(30 * time.Second):
		return answer{}, fmt.Errorf("the driver did not answer %s within 30 s", name)
	}
}

// close ends the driver by ending its input, or kills it.
func (p *process) close() {
	_ = p.in.Close()
	killer := time.AfterFunc(5*time.Second, func() { _ = p.command.Process.Kill() })
	defer killer.Stop()
	for range p.answers { // nobody asks any more
	}
	_ = p.command.Wait()
}
