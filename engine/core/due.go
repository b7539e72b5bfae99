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
			if r.Intent == record.CreatedOnceEnded {
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
	return k.followUps && !c.leaving || next <= now, next
}

// dueAtOnce is how much of each kind one decision does that is due.
const dueAtOnce = 500

// dueNow are the entries of one index that are due, as they stood before the decision.
type dueNow struct {
	intent record.Intent
	value  func(key int64) record.Value // of the command; nil if the entry has gone meanwhile
	keys   []int64
}

// collectDue finds what is due and moves the cursors, k, to what is left. It comes before anything
// else is decided: what a decision makes that is due at once is left to the next one, whatever the
// cursors know, so that a core that has just been made decides the same as one that has run for long.
func (c *Core) collectDue(k *cursors) []dueNow {
	v := c.step.View
	all := []dueNow{
		{intent: record.TimerTrigger, value: c.timerValue},
		{intent: record.JobTimeOut, value: emptyJob},
		{intent: record.JobRecurAfterBackoff, value: emptyJob},
		{intent: record.MessageExpire, value: c.messageValue},
		{intent: record.CreatedOnceExpire, value: func(int64) record.Value { return &record.CreatedOnce{} }},
	}
	// A timer that its instance no longer wants stays in the index until the instance ends. It is
	// passed over without a record, so that it neither counts nor shows how often it was seen.
	wanted := func(key int64) bool { return process.TimerWanted(c.step, v.Timer(key)) }
	always := func(int64) bool { return true }
	all[0].sweep(&k.timers, c.step.Now(), v.DueTimers, wanted)
	all[1].sweep(&k.deadlines, c.step.Now(), v.DueJobDeadlines, always)
	all[2].sweep(&k.backoffs, c.step.Now(), v.DueJobBackoffs, always)
	all[3].sweep(&k.messages, c.step.Now(), v.DueMessages, always)
	all[4].sweep(&k.once, c.step.Now(), v.DueCreatedOnce, always)
	return all
}

func emptyJob(int64) record.Value { return &record.Job{} }

func (c *Core) timerValue(key int64) record.Value {
	if t := c.step.View.Timer(key); t != nil {
		return &t.Timer
	}
	return nil
}

func (c *Core) messageValue(key int64) record.Value {
	if m := c.step.View.Message(key); m != nil {
		return &record.Message{Name: m.Name, CorrelationKey: m.CorrelationKey, MessageID: m.MessageID, TenantID: m.TenantID, Deadline: m.Deadline, TimeToLive: m.TimeToLive}
	}
	return nil
}

// sweep collects the wanted entries of an index that are due, from its cursor on, and moves the
// cursor to the first entry that is left.
func (d *dueNow) sweep(cursor *int64, now int64, due func(from, now int64, visit func(key int64) bool) int64, wanted func(key int64) bool) {
	if *cursor > now {
		return
	}
	*cursor = due(*cursor, now, func(key int64) bool {
		if len(d.keys) == dueAtOnce {
			return false
		}
		if wanted(key) {
			d.keys = append(d.keys, key)
		}
		return true
	})
}

// decideDue processes what is due.
func (c *Core) decideDue(all []dueNow) {
	for i := range all {
		for _, key := range all[i].keys {
			v := all[i].value(key)
			if v == nil {
				continue
			}
			command := record.NewCommand(key, all[i].intent, v)
			c.step.Take(0, command)
			process.Command(c.step, &command)
			c.followUp()
		}
	}
}
