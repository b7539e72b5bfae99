package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// conversation is one client's way through the scenario.
type conversation struct {
	client string
	files  string
	driver driver
	target *target
	report *report
	failed error
}

// do makes a call and keeps its answer as the step's.
func (c *conversation) do(step, call string, args object) object {
	if c.failed != nil {
		return object{}
	}
	a, err := c.driver.call(call, args)
	if err != nil {
		c.failed = fmt.Errorf("step %s: %w", step, err)
		return object{}
	}
	c.report.add(step, a)
	value, _ := a.Value.(object)
	return value
}

// id puts the client's name before an id.
func (c *conversation) id(id string) string { return c.client + "-" + id }

func (c *conversation) file(name string) string { return filepath.Join(c.files, name+".bpmn") }

// create starts an instance.
func (c *conversation) create(step, process string, variables object) string {
	return text(c.do(step, "create", object{"processId": c.id(process), "variables": variables})["processInstanceKey"])
}

// activate leases one job and gives its key.
func (c *conversation) activate(step, jobType string) string {
	value := c.do(step, "activate", object{
		"type": c.id(jobType), "worker": "tester", "timeout": 60000, "max": 1, "requestTimeout": 2000,
	})
	jobs, _ := value["jobs"].([]any)
	if len(jobs) == 0 {
		return "0"
	}
	job, _ := jobs[0].(object)
	return text(job["key"])
}

func text(value any) string {
	if s, ok := value.(string); ok && s != "" {
		return s
	}
	return "0"
}

// unknownKey was made by partition 1 or will be, but belongs to nothing here.
const unknownKey = "2251799999999999"

// scenario takes a client through every call that is served. Each part ends what it began.
func scenario(c *conversation) {
	c.do("topology", "topology", object{})
	deployments(c)
	creations(c)
	completion(c)
	failures(c)
	errorsThrown(c)
	leases(c)
	messages(c)
	variables(c)
	cancellation(c)
	streams(c)
	workers(c)
}

func deployments(c *conversation) {
	all := []string{c.file("task"), c.file("straight"), c.file("wait"), c.file("started"), c.file("worked")}
	c.do("deploy-resource", "deployResource", object{"files": all})
	c.do("deploy-resource-again", "deployResource", object{"files": all[:2]})
	c.do("deploy-process", "deployProcess", object{"files": all[:2]})
	c.do("deploy-broken", "deployResource", object{"files": []string{c.file("broken")}})
}

func creations(c *conversation) {
	c.do("create-unknown", "create", object{"processId": c.id("nobody")})
	c.do("create-array-variables", "create", object{"processId": c.id("straight"), "variablesText": "[1]"})
	c.do("create-with-result", "createWithResult", object{"processId": c.id("straight"), "variables": object{"a": 1, "b": "two"}, "timeout": 5000})
	c.do("create-with-result-fetch", "createWithResult", object{"processId": c.id("straight"), "variables": object{"a": 1, "b": "two"}, "fetch": []string{"a"}, "timeout": 5000})
}

func completion(c *conversation) {
	c.create("create", "task", object{"amount": 10.5, "nested": object{"list": []any{1, "x", nil}}})
	job := c.activate("activate", "work")
	c.do("complete", "complete", object{"key": job, "variables": object{"result": "ok"}})
	c.do("complete-again", "complete", object{"key": job})
	c.do("complete-unknown", "complete", object{"key": unknownKey})
	c.do("activate-none", "activate", object{"type": c.id("nothing"), "worker": "tester", "timeout": 1000, "max": 5, "requestTimeout": 1000})
	c.create("create-for-fetch", "task", object{"a": 1, "b": 2})
	value := c.do("activate-fetch", "activate", object{
		"type": c.id("work"), "worker": "tester", "timeout": 60000, "max": 1, "requestTimeout": 2000, "fetch": []string{"b"},
	})
	if jobs, _ := value["jobs"].([]any); len(jobs) == 1 {
		fetched, _ := jobs[0].(object)
		job = text(fetched["key"])
	}
	c.do("complete-fetched", "complete", object{"key": job})
}

func failures(c *conversation) {
	instance := c.create("create-to-fail", "task", object{})
	job := c.activate("activate-to-fail", "work")
	c.do("fail-retry", "fail", object{"key": job, "retries": 1, "message": "try again", "variables": object{"attempt": 1}})
	job = c.activate("activate-retry", "work")
	c.do("fail-incident", "fail", object{"key": job, "retries": 0, "message": "broken"})
	c.do("fail-failed", "fail", object{"key": job, "retries": 0})
	c.do("fail-unknown", "fail", object{"key": unknownKey, "retries": 1})
	c.do("complete-failed", "complete", object{"key": job})
	c.do("update-retries-zero", "updateRetries", object{"key": job, "retries": 0})
	c.do("update-retries", "updateRetries", object{"key": job, "retries": 2})
	c.do("update-retries-unknown", "updateRetries", object{"key": unknownKey, "retries": 2})
	incident, err := c.target.incident(instance)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: no incident of instance %s: %v\n", c.client, instance, err)
		incident = unknownKey
	}
	resolved := c.do("resolve-incident", "resolveIncident", object{"key": incident})
	c.do("resolve-unknown", "resolveIncident", object{"key": unknownKey})
	if resolved == nil { // a client that cannot resolve incidents cannot go on here
		c.do("activate-resolved", "unsupported", object{})
		c.do("complete-resolved", "unsupported", object{})
		c.do("cancel-unresolved", "cancel", object{"key": instance})
		return
	}
	c.do("complete-resolved", "complete", object{"key": c.activate("activate-resolved", "work")})
	c.do("cancel-unresolved", "cancel", object{"key": instance})
}

func errorsThrown(c *conversation) {
	c.create("create-to-throw", "task", object{})
	job := c.activate("activate-to-throw", "work")
	c.do("throw-error", "throwError", object{"key": job, "code": "E-known", "message": "no money", "variables": object{"why": "empty"}})
	c.do("throw-again", "throwError", object{"key": job, "code": "E-known"})
	instance := c.create("create-to-throw-uncaught", "task", object{})
	job = c.activate("activate-to-throw-uncaught", "work")
	c.do("throw-uncaught", "throwError", object{"key": job, "code": "E-other", "message": "nobody catches it"})
	c.do("complete-thrown", "complete", object{"key": job})
	c.do("cancel-thrown", "cancel", object{"key": instance})
}

func leases(c *conversation) {
	c.create("create-to-extend", "task", object{})
	job := c.activate("activate-to-extend", "work")
	c.do("update-timeout", "updateTimeout", object{"key": job, "timeout": 120000})
	c.do("update-timeout-unknown", "updateTimeout", object{"key": unknownKey, "timeout": 1000})
	c.do("complete-extended", "complete", object{"key": job})
}

func messages(c *conversation) {
	c.create("create-to-wait", "wait", object{"orderId": "order-1"})
	c.do("publish", "publish", object{"name": c.id("paid"), "correlationKey": "order-1", "messageId": "once", "ttl": 60000, "variables": object{"paid": true}})
	c.do("complete-correlated", "complete", object{"key": c.activate("activate-correlated", "after")})
	c.do("publish-same-id", "publish", object{"name": c.id("paid"), "correlationKey": "order-1", "messageId": "once", "ttl": 60000})
	c.do("publish-start", "publish", object{"name": c.id("order"), "correlationKey": "", "messageId": "", "ttl": 0, "variables": object{"items": []any{"a"}}})
	c.do("complete-started", "complete", object{"key": c.activate("activate-started", "pack")})
}

func variables(c *conversation) {
	instance := c.create("create-to-set", "task", object{"a": 1})
	c.do("set-variables", "setVariables", object{"key": instance, "variables": object{"a": 2, "b": []any{true}}, "local": false})
	c.do("set-variables-local", "setVariables", object{"key": instance, "variables": object{"c": nil}, "local": true})
	c.do("set-variables-unknown", "setVariables", object{"key": unknownKey, "variables": object{"a": 2}})
	c.do("complete-set", "complete", object{"key": c.activate("activate-set", "work")})
}

func cancellation(c *conversation) {
	instance := c.create("create-to-cancel", "task", object{})
	c.do("cancel", "cancel", object{"key": instance})
	c.do("cancel-again", "cancel", object{"key": instance})
	c.do("activate-cancelled", "activate", object{"type": c.id("work"), "worker": "tester", "timeout": 1000, "max": 1, "requestTimeout": 1000})
}

func streams(c *conversation) {
	c.do("stream-open", "openStream", object{"type": c.id("work"), "worker": "streamer"})
	c.create("create-to-stream", "task", object{"streamed": true})
	job := c.do("stream-job", "streamed", object{})
	key := text(job["key"])
	if key == "0" {
		key = c.activate("activate-unstreamed", "work")
	} else {
		c.do("activate-unstreamed", "unsupported", object{})
	}
	c.do("complete-streamed", "complete", object{"key": key})
}

func workers(c *conversation) {
	c.do("worker-start", "startWorker", object{"type": c.id("worker")})
	for _, step := range []string{"create-for-worker-1", "create-for-worker-2", "create-for-worker-3"} {
		c.create(step, "worked", object{})
	}
	c.do("worker-completed", "worked", object{"count": 3})
}
