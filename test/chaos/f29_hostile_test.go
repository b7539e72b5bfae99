package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/connectors/sdk"
)

// TestF29Hostile deploys models and sends payloads that are made to break an engine. They are refused or become incidents; every
// partition goes on, and the kill of a leader in between makes no node fail over what is in the log.
func TestF29Hostile(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{})
	a.calm(time.Second)
	hostile := map[string]string{
		"deep expression":    "=" + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000),
		"huge range":         "=count(1..1000000000000)",
		"endless recursion":  "={f: function(x) f(x + 1), r: f(1)}.r",
		"exponential growth": "={a: \"xxxxxxxxxxxxxxxx\", b: for i in 1..1000000 return a + string(i), c: for x in b, y in b return x + y}.c",
		"nested loops":       "=count(for a in 1..1000, b in 1..1000, c in 1..1000, d in 1..1000 return a)",
		"regular expression": `=matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")`,
	}
	for name, expression := range hostile {
		a.harm(name, func() error { return a.attack(name, expression) })
	}
	for i, payload := range []string{strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), `{"n":1e999999999}`, `{"a":1,"a":2}`, `[1]`, `{"s":"` + strings.Repeat("x", 5<<20) + `"}`} {
		a.harm(fmt.Sprintf("payload %d", i), func() error { return a.refuses(fmt.Sprint("payload-", i), payload) })
	}
	n := a.leader(1)
	a.harm("kill a leader", n.Kill)
	a.restart(n)
	a.calm(2 * time.Second)
	a.settle("F29 hostile models")
	a.gapsBelow(2*time.Second, 3*time.Second)
}

// attack deploys a model with an expression and starts it. Either is refused, or there is an instance with an incident, or one
// that ended; no answer for the cause of the engine is a failure.
func (a *arena) attack(name, expression string) error {
	id := "hostile-" + strings.ReplaceAll(name, " ", "-")
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&#34;").Replace(expression)
	model := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <bpmn:process id="%s" isExecutable="true">
    <bpmn:startEvent id="s"><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t" />
    <bpmn:serviceTask id="t">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="hostile" /><zeebe:ioMapping><zeebe:input source="%s" target="x" /></zeebe:ioMapping>
      </bpmn:extensionElements>
      <bpmn:incoming>f</bpmn:incoming>
    </bpmn:serviceTask>
  </bpmn:process>
</bpmn:definitions>`, id, escaped)
	ctx, cancel := context.WithTimeout(a.ctx, 5*time.Second)
	defer cancel()
	client := a.doors.All[0].Client
	if _, err := client.Deploy(ctx, sdk.Resource{Name: id + ".bpmn", Content: []byte(model)}); err != nil {
		return expectRefusal(err)
	}
	for i := range 6 {
		began := time.Now()
		_, err := client.Create(ctx, id, nil)
		if took := time.Since(began); took > time.Second {
			return fmt.Errorf("the instance %d took %s", i, took)
		}
		if err != nil {
			return expectRefusal(err)
		}
	}
	return nil
}

// refuses sends a payload as variables.
func (a *arena) refuses(key, payload string) error {
	ctx, cancel := context.WithTimeout(a.ctx, 5*time.Second)
	defer cancel()
	_, _, err := a.doors.All[1].Client.CreateOnce(ctx, sdk.Once{
		OnceKey: sdk.OnceKey{Tenant: "chaos", API: "hostile", Key: key}, BodyHash: []byte{1}, ProcessID: "chaos-timer", Variables: []byte(payload),
	})
	if err == nil {
		return nil // taken as it is, or refused by the client
	}
	return expectRefusal(err)
}

// expectRefusal accepts errors that say that the caller is wrong.
func expectRefusal(err error) error {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.ResourceExhausted, codes.FailedPrecondition, codes.Unknown:
		return nil
	default:
		return fmt.Errorf("not refused as the caller's mistake: %w", err)
	}
}
