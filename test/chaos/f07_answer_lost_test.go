package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/test/chaos/network"
	"github.com/payhub/payhub/test/chaos/work"
)

// TestF07AnswerLost loses answers: of nodes to each other, and of gateways to clients and workers. What was asked for has then
// happened, and is asked for again.
func TestF07AnswerLost(t *testing.T) {
	net := proxied(t)
	a := enter(t, form{network: net, doors: net})
	a.calm(2 * time.Second)
	for i := range rounds(t, 12, 200) {
		from := a.cluster.Nodes[i%3].ID
		to := []int{network.Anyone, (from + 1) % 3, (from + 2) % 3}[i/3%3]
		a.harm(fmt.Sprintf("node %d does not answer node %d, and then the connection is reset", from, to), func() error {
			net.Set(from, to, network.Rule{Blocked: true})
			a.calm(a.between(50*time.Millisecond, 300*time.Millisecond))
			net.Reset(from, to) // what was blocked is lost
			net.Heal()
			return nil
		})
		a.calm(a.between(200*time.Millisecond, 800*time.Millisecond))
	}
	a.settle("F7 answers lost")
}

// TestF07PollGone lets clients ask for jobs and go away before there are any: jobs that come then are for those who are there,
// at once, and wait for no lease.
func TestF07PollGone(t *testing.T) {
	net := proxied(t)
	a := enter(t, form{network: net, doors: net, rates: &work.Rates{Payments: 2}})
	var polls sync.WaitGroup
	for i := range 12 {
		polls.Go(func() {
			client := a.doors.All[i%3].Client
			stream, err := client.Gateway().ActivateJobs(a.ctx, &gatewaypb.ActivateJobsRequest{
				Type: "chaos.gone", Worker: "gone", Timeout: 60_000, MaxJobsToActivate: 10, RequestTimeout: 30_000,
			})
			if err == nil {
				_, _ = stream.Recv() // it ends by the reset, without jobs
			}
		})
	}
	a.calm(time.Second)
	a.harm("clients that wait for jobs are gone", func() error {
		for i := range 3 {
			net.Reset(i, network.Anyone)
		}
		return nil
	})
	polls.Wait()
	took := a.served(12)
	a.note = fmt.Sprintf("12 jobs after clients were gone: all served after %s", took.Round(time.Millisecond))
	if took > time.Second {
		t.Errorf("jobs waited %s, though a worker was there", took)
	}
	a.settle("F7 polls gone")
}

// served starts instances of a type of job that nobody serves so far, and then a worker; it says after how long it had all jobs.
func (a *arena) served(n int) time.Duration {
	a.Helper()
	_, err := a.doors.All[0].Client.Deploy(a.ctx, sdk.Resource{Name: "chaos-gone.bpmn", Content: []byte(goneFlow)})
	a.must(err)
	for i := range n {
		var err error
		eventually(a.T, 10*time.Second, "an instance is started", func() bool {
			ctx, cancel := context.WithTimeout(a.ctx, time.Second)
			defer cancel()
			_, _, err = a.doors.All[i%3].Client.CreateOnce(ctx, sdk.Once{
				OnceKey: sdk.OnceKey{Tenant: "chaos", API: "gone", Key: fmt.Sprint(i)}, BodyHash: []byte{1}, ProcessID: "chaos-gone",
			})
			return err == nil
		})
	}
	began, done := time.Now(), make(chan struct{}, n)
	ctx, stop := context.WithCancel(a.ctx)
	worker := a.doors.All[1].Client.NewWorker([]sdk.Handler{sdk.Handle("chaos.gone", func(context.Context, sdk.Job[struct{}]) sdk.Outcome[struct{}] {
		done <- struct{}{}
		return sdk.Done(struct{}{})
	})}, sdk.Logger(quiet(a.cluster.Folder, a.T)))
	var running sync.WaitGroup
	running.Go(func() { _ = worker.Run(ctx) })
	defer running.Wait()
	defer stop()
	for range n {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			a.Error("not all jobs came within 20 s")
			return time.Since(began)
		}
	}
	return time.Since(began)
}

// goneFlow is one task.
const goneFlow = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="https://github.com/payhub/payhub/test/chaos">
  <bpmn:process id="chaos-gone" isExecutable="true">
    <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="task" />
    <bpmn:serviceTask id="task">
      <bpmn:extensionElements><zeebe:taskDefinition type="chaos.gone" /></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end" />
    <bpmn:endEvent id="end"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>`
