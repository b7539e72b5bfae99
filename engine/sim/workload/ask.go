package workload

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
)

// patience is how long, in ms, a client waits for an answer before it asks again beside the first time; pause how long it
// waits after an error.
const (
	patience = 4_000
	pause    = 250
)

// anyGateway is the one a client happens to be connected to.
func (u *Users) anyGateway() int { return u.w.Rand().IntN(u.w.Gateways()) }

// send submits a command once. Its operation reference is its own, so that it can be told in the log.
func (u *Users) send(gateway int, partition int32, key int64, intent record.Intent, value record.Value, then func(record.Record, error)) {
	command := record.NewCommand(key, intent, value)
	u.references++
	command.OperationReference = u.references
	u.requests[u.w.Submit(gateway, partition, command)] = then
}

// insist submits a command that may be repeated until there is a definite answer, by other gateways and also while an earlier
// attempt has none. then is called once.
func (u *Users) insist(partition int32, key int64, intent record.Intent, value record.Value, then func(record.Record)) {
	u.insistOn(func() (int32, int64, record.Intent, record.Value) { return partition, key, intent, value }, then)
}

func (u *Users) insistOn(what func() (int32, int64, record.Intent, record.Value), then func(record.Record)) {
	answered, attempt := false, func() {}
	attempt = func() {
		if answered {
			return
		}
		failed := false
		again := func(delay int64) {
			u.w.After(delay, func() {
				if !failed && !answered {
					failed = true
					attempt()
				}
			})
		}
		partition, key, intent, value := what()
		u.send(u.anyGateway(), partition, key, intent, value, func(answer record.Record, err error) {
			switch {
			case answered:
			case err != nil:
				again(pause)
			default:
				answered = true
				then(answer)
			}
		})
		again(patience)
	}
	attempt()
}

// The names under which users start instances once.
const (
	tenant = "greenbank"
	api    = "sim"
)

// createdOnce is the command that starts an instance once.
func createdOnce(key, process string, variables any, body string) *record.CreatedOnce {
	hash := sha256.Sum256([]byte(body))
	return &record.CreatedOnce{
		TenantID: tenant, API: api, IdempotencyKey: key, BodyHash: hash[:16], BpmnProcessID: process, Version: -1,
		ProcessDefinitionKey: -1, ProcessInstanceKey: -1, EndedAt: -1, Variables: document(variables),
	}
}

// partitionOfKey owns an idempotency key, by the rule of gateways.
func (u *Users) partitionOfKey(key string) int32 {
	return u.w.PartitionForCorrelationKey(tenant + "\x00" + api + "\x00" + key)
}

// create starts an instance once and goes on with its key. A process that the partition does not know yet is waited for.
func (u *Users) create(key, process string, variables any, then func(instance int64)) {
	v := createdOnce(key, process, variables, key)
	var try func()
	try = func() {
		u.insist(u.partitionOfKey(key), -1, record.CreatedOnceCreate, v, func(answer record.Record) {
			if answer.IsRejection() {
				u.w.After(pause, try)
				return
			}
			then(answer.Key)
		})
	}
	try()
}

// end waits until the instance of an idempotency key has ended, by asking now and then.
func (u *Users) end(key string, then func(found check.Found)) {
	wait := int64(400)
	var look func()
	look = func() {
		id := u.w.Lookup(u.anyGateway(), u.partitionOfKey(key), check.LookupRequest{TenantID: tenant, API: api, IdempotencyKey: key})
		u.reads[id] = func(found check.Found, err error) {
			if err == nil && found.Found && found.State != record.InstanceActive {
				then(found)
				return
			}
			wait = min(wait*3/2, 5_000)
			u.w.After(wait, look)
		}
	}
	u.w.After(wait, look)
}

// createAndEnd runs a task that is one instance.
func (u *Users) createAndEnd(t *task, process string, variables any) {
	t.what = "create"
	u.create(t.Name(), process, variables, func(int64) {
		t.what = "end"
		u.end(t.Name(), func(check.Found) { u.done(t) })
	})
}

// surelyNot tells whether an error means that the command was surely not accepted.
func surelyNot(err error) bool {
	return errors.Is(err, check.ErrUnavailable) || errors.Is(err, check.ErrOverloaded) || errors.Is(err, check.ErrQuarantined)
}

// document makes variables of a struct or map.
func document(variables any) record.Document {
	if variables == nil {
		return nil
	}
	text, err := json.Marshal(variables)
	if err == nil {
		var d record.Document
		if d, err = record.ParseDocument(text); err == nil {
			return d
		}
	}
	panic(fmt.Sprintf("workload: variables that cannot be written: %v", err)) // they are ours
}
