package core

import (
	"math"

	"github.com/payhub/payhub/engine/process"
	"github.com/payhub/payhub/engine/record"
)

// cursors remember where the due indexes begin, so that nothing is looked for among what has
// been deleted, and nothing at all while nothing is due. A cursor may be too early, never too late.
type cursors struct {
	followUps bool // some command may have been put off
	timers    int64
	deadlines int64
	backoffs  int64
	messages  int64
	once      int64
}

// unknown are the cursors of a core that has just been made.
func unknown() cursors {
	const past = math.MinInt64
	return cursors{followUps: true, timers: past, deadlines: past, backoffs: past, messages: past, once: past}
}

// never is a due time that does not come.
const never = math.MaxInt64

// note moves the cursors forward to what a batch has added.
func (c *cursors) note(batch *record.Batch) {
	for i := range batch.Records {
		r := &batch.Records[i]
		if r.Type != record.Event {
			continue
		}
		switch v := r.Value.(type) {
		case *record.Timer:
			if r.Intent == record.TimerCreated {
				c.timers = min(c.timers, v.DueDate)
			}
		case *record.Job:
			switch r.Intent {
			case record.JobTimeoutUpdated:
				c.deadlines = min(c.deadlines, v.Deadline)
			case record.JobFailed:
				if v.RecurringTime > 0 {
					c.backoffs = min(c.backoffs, v.RecurringTime)
				}
			}
		case *record.JobBatch:
			for j := range v.Jobs {
				c.deadlines = min(c.deadlines, v.Jobs[j].Deadline)
			}
		case *record.Message:
			if r.Intent == record.MessagePublished && v.TimeToLive > 0 {
				c.messages = min(c.messages, v.Deadline)
			}
		case *record.CreatedOnce:
			if v.Expiry > 0 {
				c.once = min(c.once, v.Expiry)
			}
		}
	}
}

// Due tells whether the partition must decide by itself at now, in milliseconds since the epoch,
// and if not, when it must; a time of math.MaxInt64 never comes.
func (c *Core) Due(now int64) (due bool, next int64) {
	k := &c.cursors
	next = min(k.timers, k.deadlines, k.backoffs, k.messages, k.once)
	return k.followUps || next <= now, next
}

// dueAtOnce is how much of each kind one decision does that is due.
const dueAtOnce = 500

// decideDue processes what is due. k are the cursors as they are once the decision is committed.
func (c *Core) decideDue(k *cursors) {
	now := c.step.Now()
	v := c.step.View
	c.sweep(&k.timers, now, v.DueTimers, record.TimerTrigger, func(key int64) record.Value {
		if t := v.Timer(key); t != nil {
			return &t.Timer
		}
		return nil
	})
	c.sweep(&k.deadlines, now, v.DueJobDeadlines, record.JobTimeOut, emptyJob)
	c.sweep(&k.backoffs, now, v.DueJobBackoffs, record.JobRecurAfterBackoff, emptyJob)
	c.sweep(&k.messages, now, v.DueMessages, record.MessageExpire, func(key int64) record.Value {
		if m := v.Message(key); m != nil {
			return &record.Message{Name: m.Name, CorrelationKey: m.CorrelationKey, MessageID: m.MessageID, TenantID: m.TenantID, Deadline: m.Deadline, TimeToLive: m.TimeToLive}
		}
		return nil
	})
	c.sweep(&k.once, now, v.DueCreatedOnce, record.CreatedOnceExpire, func(int64) record.Value { return &record.CreatedOnce{} })
}

func emptyJob(int64) record.Value { return &record.Job{} }

// sweep processes the due entries of one index from its cursor on and moves the cursor to the
// first entry that is left.
func (c *Core) sweep(cursor *int64, now int64, due func(from, now int64, visit func(key int64) bool) int64, intent record.Intent, value func(key int64) record.Value) {
	if *cursor > now {
		return
	}
	var keys []int64
	next := due(*cursor, now, func(key int64) bool {
		if len(keys) == dueAtOnce {
			return false
		}
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		v := value(key)
		if v == nil {
			continue
		}
		command := record.NewCommand(key, intent, v)
		c.step.Take(0, command)
		process.Command(c.step, &command)
		c.followUp()
	}
	if next == 0 {
		next = never
	}
	*cursor = next
}
