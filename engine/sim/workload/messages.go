package workload

import (
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
)

// buffered is a time to live, in ms, longer than any run.
const buffered = 24 * 60 * 60 * 1000

// published is what became of a publish: the message's key, 0 for one that was there before.
type published struct {
	key int64
}

// publish insists on a message. Without a message id a repeat is another message.
func (u *Users) publish(name, key, id string, ttl int64, variables any, then func(published)) {
	v := &record.Message{
		Name: name, CorrelationKey: key, MessageID: id, TimeToLive: ttl, Deadline: -1,
		Variables: document(variables), TenantID: record.DefaultTenant,
	}
	u.insist(u.w.PartitionForCorrelationKey(key), -1, record.MessagePublish, v, func(answer record.Record) {
		if answer.IsRejection() {
			then(published{})
			return
		}
		then(published{key: answer.Key})
	})
}

// duplicates publishes the same message id several times at once: one of them makes a message, whatever is lost on the way.
func (u *Users) duplicates(t *task, name string, then func()) {
	left, keys := 1+t.rng.IntN(4), map[int64]bool{}
	for range left {
		u.publish(name, t.Name(), name+t.Name(), buffered, map[string]any{"from": name}, func(p published) {
			if p.key != 0 {
				keys[p.key] = true
			}
			if left--; left > 0 {
				return
			}
			if len(keys) > 1 {
				u.desk.Complain(check.RuleOnce, fmt.Sprintf("message id %s of %s made %d messages", t.Name(), name, len(keys)))
			}
			then()
		})
	}
}

// twoMessages creates an instance, and publishes both messages later.
func (u *Users) twoMessages(t *task) {
	u.w.After(t.rng.Int64N(3_000), func() {
		u.duplicates(t, "sim-first", func() { u.duplicates(t, "sim-second", func() {}) })
	})
	u.createAndEnd(t, messagesProcess, map[string]any{"key": t.Name()})
}

// messageFirst publishes both messages, the second one first, and creates the instance afterwards.
func (u *Users) messageFirst(t *task) {
	t.what = "publish"
	u.duplicates(t, "sim-second", func() {
		u.duplicates(t, "sim-first", func() { u.createAndEnd(t, messagesProcess, map[string]any{"key": t.Name()}) })
	})
}

// shared creates several instances that wait with the same correlation key, and publishes as many messages of each kind, some
// before and some after: each instance takes one that no other has had.
func (u *Users) shared(t *task) {
	left := 2 + t.rng.IntN(2)
	t.what = "end"
	for i := range left {
		name := fmt.Sprint(t.Name(), "-", i)
		u.w.After(t.rng.Int64N(2_000), func() {
			u.create(name, messagesProcess, map[string]any{"key": t.Name()}, func(int64) {
				u.end(name, func(check.Found) {
					if left--; left == 0 {
						u.done(t)
					}
				})
			})
		})
		for _, message := range []string{"sim-first", "sim-second"} {
			u.w.After(t.rng.Int64N(4_000), func() { u.publish(message, t.Name(), name, buffered, nil, func(published) {}) })
		}
	}
}

// noBuffer creates an instance and publishes without a time to live until somebody takes the message; for the second one it
// does the same.
func (u *Users) noBuffer(t *task) {
	u.createAndEnd(t, messagesProcess, map[string]any{"key": t.Name()})
	var shout func(name string)
	shout = func(name string) {
		if t.what == over {
			return
		}
		v := &record.Message{Name: name, CorrelationKey: t.Name(), Deadline: -1, TenantID: record.DefaultTenant, WithOutcome: true}
		u.send(u.anyGateway(), u.w.PartitionForCorrelationKey(t.Name()), -1, record.MessagePublish, v, func(record.Record, error) {
			// Without an answer it may have been taken: both are shouted until the instance has ended.
			u.w.After(300+u.w.Rand().Int64N(700), func() { shout(name) })
		})
	}
	shout("sim-first")
	shout("sim-second")
}

// messageStart publishes several messages that start instances, of which one at a time may live.
func (u *Users) messageStart(t *task) {
	left := 1 + t.rng.IntN(4)
	t.what = "publish"
	for i := range left {
		u.w.After(t.rng.Int64N(2_000), func() {
			u.publish("sim-start", t.Name(), fmt.Sprint(t.Name(), i), buffered, map[string]any{"number": i}, func(published) {
				if left--; left == 0 {
					u.done(t)
				}
			})
		})
	}
}

// race lets a message and a timer run for the same instance.
func (u *Users) race(t *task) {
	pause := 200 + t.rng.IntN(3_000)
	u.w.After(t.rng.Int64N(4_000), func() {
		u.publish("sim-race", t.Name(), t.Name(), 1_000+t.rng.Int64N(5_000), nil, func(published) {})
	})
	u.createAndEnd(t, raceProcess, map[string]any{"key": t.Name(), "pause": milliseconds(pause)})
}

// expire publishes a message that nobody wants, waits until it is gone, and may use its id again.
func (u *Users) expire(t *task) {
	ttl := 200 + t.rng.Int64N(3_000)
	t.what = "publish"
	u.publish("sim-nobody", t.Name(), t.Name(), ttl, nil, func(published) {
		t.what = "wait"
		u.w.After(ttl+10_000, func() {
			t.what = "publish again"
			u.publish("sim-nobody", t.Name(), t.Name(), ttl, nil, func(published) { u.done(t) })
		})
	})
}
