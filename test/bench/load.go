package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// work is what a generator does to a gateway: instances of a one-task process with Zeebe's 30-variable payload are created and
// their jobs completed.
type work struct {
	address string // of the gateways, comma separated
	servers []*process
	// model is deployed first.
	model model
	// inFlight instances in a closed loop, or rate instances a second in an open one.
	inFlight, rate int
	warm, window   time.Duration
	// poll asks for jobs; otherwise they are streamed.
	poll bool
}

// result is what a generator saw in its window.
type result struct {
	perSecond       float64
	cpu             float64 // of the server, ms per instance
	p50, p99        float64 // create to completed, ms
	refused, failed int
}

// loader drives a gateway.
type loader interface {
	// deploy deploys a model and does no more.
	deploy(ctx context.Context, address string, m model) error
	// run creates and completes.
	run(ctx context.Context, w work) (result, error)
	// park only creates; the instances wait at their task.
	park(ctx context.Context, w work, count int) error
}

// model is a process with one task.
type model struct{ id, jobType, file string }

// oneTask writes a one-task process into a file.
func (b *bench) oneTask(id string) (model, error) {
	m := model{id: id, jobType: id + "-task", file: filepath.Join(b.folder, id+".bpmn")}
	text := strings.NewReplacer("ID", m.id, "TYPE", m.jobType).Replace(`<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://payhub/bench">
  <bpmn:process id="ID" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="toTask" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="TYPE" retries="3"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="toEnd" sourceRef="task" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
`)
	return m, os.WriteFile(m.file, []byte(text), 0o644)
}

// sharedLoad is the generator beside the repository: a program that drives Zeebe and payhub alike.
type sharedLoad struct {
	binary string
	say    func(string, ...any)
}

// buildLoad copies the generator, whose folder may not be written to, and builds it.
func (b *bench) buildLoad(ctx context.Context, source string) (loader, error) {
	folder := filepath.Join(b.folder, "load")
	if err := os.CopyFS(folder, os.DirFS(source)); err != nil {
		return nil, err
	}
	binary := filepath.Join(folder, "load")
	return sharedLoad{binary, b.say}, b.build(ctx, folder, binary, ".")
}

func (l sharedLoad) run(ctx context.Context, w work) (result, error) {
	arguments := l.arguments(w)
	arguments = append(arguments, "-secs", seconds(w.window), "-warm", seconds(w.warm))
	if w.poll {
		arguments = append(arguments, "-poll")
	}
	if w.rate > 0 {
		arguments = append(arguments, "-rate", strconv.Itoa(w.rate))
	}
	line, err := l.call(ctx, arguments)
	if err != nil {
		return result{}, err
	}
	return readLoad(line)
}

func (l sharedLoad) deploy(ctx context.Context, address string, m model) error {
	return exec.CommandContext(ctx, l.binary, "-addr", address, "-deploy", m.file, "-deploy-only").Run()
}

func (l sharedLoad) park(ctx context.Context, w work, count int) error {
	_, err := l.call(ctx, append(l.arguments(w), "-park", strconv.Itoa(count)))
	return err
}

func (l sharedLoad) arguments(w work) []string {
	return []string{
		"-addr", w.address, "-deploy", w.model.file, "-process", w.model.id, "-type", w.model.jobType,
		"-pid", pids(w.servers), "-c", strconv.Itoa(max(w.inFlight, 1)),
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

func (l sharedLoad) call(ctx context.Context, arguments []string) (string, error) {
	c := exec.CommandContext(ctx, l.binary, arguments...)
	var errors strings.Builder
	c.Stderr = &errors
	out, err := c.Output()
	line := strings.TrimSpace(string(out))
	if err != nil {
		return "", fmt.Errorf("load: %w: %s %s", err, line, errors.String())
	}
	if errors.Len() > 0 {
		l.say("load says: %s", strings.TrimSpace(errors.String()))
	}
	l.say("%s; %s", line, machine())
	return line, nil
}

var loadField = regexp.MustCompile(`(\S+?)=(\S+)`)

// readLoad reads the line that the generator prints.
func readLoad(line string) (result, error) {
	fields := map[string]string{}
	for _, f := range loadField.FindAllStringSubmatch(line, -1) {
		fields[f[1]] = f[2]
	}
	number := func(name string) float64 {
		v, err := strconv.ParseFloat(fields[name], 64)
		if err != nil {
			return 0
		}
		return v
	}
	r := result{
		perSecond: number("PI/s"), cpu: number("server_cpu_us/PI") / 1000,
		refused: int(number("refused")), failed: int(number("failed")),
	}
	latencies := strings.Split(fields["e2e"], "/")
	if r.perSecond == 0 || len(latencies) != 3 {
		return r, fmt.Errorf("load completed nothing: %s", line)
	}
	for i, into := range []*float64{&r.p50, &r.p99} {
		d, err := time.ParseDuration(latencies[i])
		if err != nil {
			return r, fmt.Errorf("load: %w in %s", err, line)
		}
		*into = milliseconds(d)
	}
	return r, nil
}
