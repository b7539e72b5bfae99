package workload

import (
	"encoding/json"
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
)

// gateways is an instance with branches, a choice, a call and work that may be refused.
func (u *Users) gateways(t *task) {
	u.createAndEnd(t, gatewaysProcess, map[string]any{"amount": t.rng.IntN(100)})
}

// incidents is an instance that needs the operator twice.
func (u *Users) incidents(t *task) { u.createAndEnd(t, incidentsProcess, nil) }

// cancel starts an instance that waits for ever and cancels it, sometimes by two people at once.
func (u *Users) cancel(t *task) {
	t.what = "create"
	u.create(t.Name(), waitsProcess, map[string]any{"key": t.Name()}, func(instance int64) {
		u.w.After(t.rng.Int64N(5_000), func() {
			t.what = "cancel"
			for range 1 + t.rng.IntN(2) {
				u.insist(record.PartitionOf(instance), instance, record.ProcessInstanceCancel, &record.ProcessInstance{}, func(record.Record) {})
			}
			u.end(t.Name(), func(found check.Found) {
				if found.State != record.InstanceTerminated {
					u.desk.Complain(check.RuleResult, fmt.Sprintf("instance %d was canceled and is %s", instance, found.State))
				}
				u.done(t)
			})
		})
	})
}

// result creates an instance and waits for what it comes to. An answer that was lost is not asked for again: the create has no
// key, and whether the instance is there is seen in the log.
func (u *Users) result(t *task) {
	number := t.rng.Int64N(1_000_000)
	t.what = "result"
	v := u.creation(resultProcess, map[string]any{"number": number, "name": t.Name()})
	gateway := u.anyGateway()
	u.send(gateway, u.w.NextCreatePartition(gateway), -1, record.ProcessInstanceCreationCreateWithAwaitingResult, v, func(answer record.Record, err error) {
		u.done(t)
		if err != nil || answer.IsRejection() {
			return
		}
		var result struct {
			Answer int64
			Name   string
		}
		got := answer.Value.(*record.ProcessInstanceResult).Variables.AppendJSON(nil)
		if err := json.Unmarshal(got, &result); err != nil || result.Answer != 2*number || result.Name != t.Name() {
			u.desk.Complain(check.RuleResult, fmt.Sprintf("the result of doubling %d for %s is %s", number, t.Name(), got))
		}
	})
}

// plain creates an instance without a key, again while it is surely not there.
func (u *Users) plain(t *task) {
	t.what = "create"
	v := u.creation(gatewaysProcess, map[string]any{"amount": t.rng.IntN(100)})
	gateway := u.anyGateway()
	u.send(gateway, u.w.NextCreatePartition(gateway), -1, record.ProcessInstanceCreationCreate, v, func(answer record.Record, err error) {
		if err != nil && surelyNot(err) || err == nil && answer.IsRejection() {
			u.w.After(pause, func() { u.plain(t) })
			return
		}
		u.done(t)
	})
}

// creation is a create without a key, of the latest version.
func (u *Users) creation(process string, variables any) *record.ProcessInstanceCreation {
	return &record.ProcessInstanceCreation{
		BpmnProcessID: process, Version: -1, ProcessDefinitionKey: -1, ProcessInstanceKey: -1,
		Variables: document(variables), TenantID: record.DefaultTenant,
	}
}

// deploy brings new versions of the processes in, under load.
func (u *Users) deploy(t *task) {
	t.what = "deploy"
	u.versions++
	u.insist(1, -1, record.DeploymentCreate, deployment(u.versions), func(answer record.Record) {
		if answer.IsRejection() {
			u.desk.Complain(check.RuleResult, "a new version is refused: "+answer.RejectionReason)
		}
		u.done(t)
	})
}
