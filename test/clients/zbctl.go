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

// zbctlArguments are the command line for a call.
func zbctlArguments(name string, a object) ([]string, bool) {
	variables := func() []string {
		if a["variables"] == nil {
			return nil
		}
		text, _ := json.Marshal(a["variables"])
		return []string{"--variables", string(text)}
	}
	word := func(name string) string { return fmt.Sprint(a[name]) }
	files := func() []string {
		list, _ := a["files"].([]string)
		return list
	}
	switch name {
	case "topology":
		return []string{"status", "--output", "json"}, true
	case "deployResource":
		return append([]string{"deploy", "resource"}, files()...), true
	case "deployProcess":
		return append([]string{"deploy"}, files()...), true
	case "create", "createWithResult":
		list := append([]string{"create", "instance", word("processId")}, variables()...)
		if a["variablesText"] != nil {
			list = append(list, "--variables", word("variablesText"))
		}
		if name == "createWithResult" {
			list = append(list, "--withResult")
		}
		if a["fetch"] != nil {
			return nil, false
		}
		return list, true
	case "activate":
		list := []string{
			"activate", "jobs", word("type"), "--maxJobsToActivate", word("max"), "--worker", word("worker"),
			"--timeout", word("timeout") + "ms", "--requestTimeout", word("requestTimeout") + "ms",
		}
		if fetch, ok := a["fetch"].([]string); ok {
			list = append(list, "--variables", strings.Join(fetch, ","))
		}
		return list, true
	case "complete":
		return append([]string{"complete", "job", word("key")}, variables()...), true
	case "fail":
		list := append([]string{"fail", "job", word("key"), "--retries", word("retries")}, variables()...)
		if a["message"] != nil {
			list = append(list, "--errorMessage", word("message"))
		}
		return list, true
	case "throwError":
		list := append([]string{"throwError", "job", word("key"), "--errorCode", word("code")}, variables()...)
		if a["message"] != nil {
			list = append(list, "--errorMessage", word("message"))
		}
		return list, true
	case "updateRetries":
		return []string{"update", "retries", word("key"), "--retries", word("retries")}, true
	case "updateTimeout":
		return []string{"update", "timeout", word("key"), "--timeout", word("timeout")}, true
	case "publish":
		return append([]string{
			"publish", "message", word("name"), "--correlationKey", word("correlationKey"), "--messageId", word("messageId"), "--ttl", word("ttl") + "ms",
		}, variables()...), true
	case "setVariables":
		list := append([]string{"set", "variables", word("key")}, variables()...)
		if local, _ := a["local"].(bool); local {
			list = append(list, "--local")
		}
		return list, true
	case "resolveIncident":
		return []string{"resolve", "incident", word("key")}, true
	case "cancel":
		return []string{"cancel", "instance", word("key")}, true
	}
	return nil, false
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
