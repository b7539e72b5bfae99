package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// zbctl drives the command-line client: each call is one run of it. Its answers are protobuf's
// JSON, from which the members that the other drivers give are taken.
type zbctl struct {
	binary, address string
	worker          *exec.Cmd
	workerEnded     chan error
}

func (z *zbctl) close() {}

func (z *zbctl) call(name string, a object) (answer, error) {
	switch name {
	case "startWorker":
		return z.startWorker(a)
	case "worked":
		return z.waitForWorker(a)
	}
	arguments, ok := zbctlArguments(name, a)
	if !ok {
		return answer{Unsupported: true}, nil
	}
	return z.run(name, arguments)
}

// line is a command line in the making: words, and flags for the arguments that a call has.
type line struct {
	words []string
	args  object
}

func zbctlLine(args object, words ...string) *line { return &line{words, args} }

// flag adds a flag with an argument's value and unit, if the call has the argument.
func (l *line) flag(flag, argument, unit string) *line {
	switch value := l.args[argument].(type) {
	case nil:
	case object:
		text, _ := json.Marshal(value)
		l.words = append(l.words, flag, string(text))
	case []string:
		l.words = append(l.words, flag, strings.Join(value, ","))
	default:
		l.words = append(l.words, flag, fmt.Sprint(value)+unit)
	}
	return l
}

// zbctlArguments are the command line for a call.
func zbctlArguments(name string, a object) ([]string, bool) {
	key := fmt.Sprint(a["key"])
	files, _ := a["files"].([]string)
	var l *line
	switch name {
	case "topology":
		l = zbctlLine(a, "status", "--output", "json")
	case "deployResource":
		l = zbctlLine(a, append([]string{"deploy", "resource"}, files...)...)
	case "deployProcess":
		l = zbctlLine(a, append([]string{"deploy"}, files...)...)
	case "create", "createWithResult":
		if a["fetch"] != nil {
			return nil, false
		}
		l = zbctlLine(a, "create", "instance", fmt.Sprint(a["processId"])).flag("--variables", "variables", "").flag("--variables", "variablesText", "")
		if name == "createWithResult" {
			l.words = append(l.words, "--withResult")
		}
	case "activate":
		l = zbctlLine(a, "activate", "jobs", fmt.Sprint(a["type"])).flag("--maxJobsToActivate", "max", "").flag("--worker", "worker", "").
			flag("--timeout", "timeout", "ms").flag("--requestTimeout", "requestTimeout", "ms").flag("--variables", "fetch", "")
	case "complete":
		l = zbctlLine(a, "complete", "job", key).flag("--variables", "variables", "")
	case "fail":
		l = zbctlLine(a, "fail", "job", key).flag("--retries", "retries", "").flag("--errorMessage", "message", "").flag("--variables", "variables", "")
	case "throwError":
		l = zbctlLine(a, "throwError", "job", key).flag("--errorCode", "code", "").flag("--errorMessage", "message", "").flag("--variables", "variables", "")
	case "updateRetries":
		l = zbctlLine(a, "update", "retries", key).flag("--retries", "retries", "")
	case "updateTimeout":
		l = zbctlLine(a, "update", "timeout", key).flag("--timeout", "timeout", "")
	case "publish":
		l = zbctlLine(a, "publish", "message", fmt.Sprint(a["name"])).flag("--correlationKey", "correlationKey", "").
			flag("--messageId", "messageId", "").flag("--ttl", "ttl", "ms").flag("--variables", "variables", "")
	case "setVariables":
		l = zbctlLine(a, "set", "variables", key).flag("--variables", "variables", "")
		if local, _ := a["local"].(bool); local {
			l.words = append(l.words, "--local")
		}
	case "resolveIncident":
		l = zbctlLine(a, "resolve", "incident", key)
	case "cancel":
		l = zbctlLine(a, "cancel", "instance", key)
	default:
		return nil, false
	}
	return l.words, true
}

// zbctlError is how zbctl prints a gRPC status.
var zbctlError = regexp.MustCompile(`(?s)rpc error: code = (\w+) desc = (.*)`)

func (z *zbctl) command(ctx context.Context, arguments ...string) *exec.Cmd {
	return exec.CommandContext(ctx, z.binary, append(arguments, "--insecure", "--address", z.address)...)
}

func (z *zbctl) run(name string, arguments []string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	command := z.command(ctx, arguments...)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Run(); err != nil {
		if status := zbctlError.FindStringSubmatch(errors.String()); status != nil {
			return answer{Code: status[1], Message: strings.TrimSpace(status[2])}, nil
		}
		return answer{Failed: strings.TrimSpace(errors.String())}, nil
	}
	value := object{}
	if text := bytes.TrimSpace(out.Bytes()); bytes.HasPrefix(text, []byte("{")) {
		if err := json.Unmarshal(text, &value); err != nil {
			return answer{}, fmt.Errorf("zbctl %s printed %q: %w", name, text, err)
		}
	}
	return answer{Value: zbctlValue(name, value)}, nil
}

// zbctlValue leaves out of a topology what differs from node to node, and opens JSON in strings.
func zbctlValue(name string, value object) object {
	if name == "topology" {
		brokers, _ := value["brokers"].([]any)
		return object{
			"clusterSize": value["clusterSize"], "partitionsCount": value["partitionsCount"], "replicationFactor": value["replicationFactor"],
			"brokers": len(brokers), "hasVersion": value["gatewayVersion"] != "",
		}
	}
	openJSON(value)
	return value
}

// openJSON replaces the texts of JSON objects by the objects, so that spaces do not matter, and
// a deadline by whether it is ahead.
func openJSON(value any) {
	switch v := value.(type) {
	case object:
		for name, member := range v {
			text, isText := member.(string)
			var opened object
			switch {
			case name == "deadline":
				v[name] = fmt.Sprint(text) > fmt.Sprint(time.Now().UnixMilli())
			case isText && strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &opened) == nil:
				v[name] = opened
			default:
				openJSON(member)
			}
		}
	case []any:
		for _, member := range v {
			openJSON(member)
		}
	}
}

// startWorker runs zbctl's own worker: its handler is a program that gets the variables and
// prints those to complete the job with.
func (z *zbctl) startWorker(a object) (answer, error) {
	z.worker = z.command(context.Background(), "create", "worker", fmt.Sprint(a["type"]), "--handler", `echo {"done":true}`, "--maxJobsHandle", "3", "--streamEnabled")
	if err := z.worker.Start(); err != nil {
		return answer{}, err
	}
	z.workerEnded = make(chan error, 1)
	go func() { z.workerEnded <- z.worker.Wait() }()
	return answer{Value: object{}}, nil
}

func (z *zbctl) waitForWorker(a object) (answer, error) {
	select {
	case err := <-z.workerEnded:
		if err != nil {
			return answer{Failed: err.Error()}, nil
		}
		return answer{Value: object{"completed": a["count"]}}, nil
	case <-time.After(10 * time.Second):
		_ = z.worker.Process.Kill()
		<-z.workerEnded
		return answer{Failed: "the worker is not done"}, nil
	}
}
