package judge

import (
	"slices"
	"time"

	"github.com/payhub/payhub/test/chaos/history"
)

// hearWaiting adds a note about an instance that waits, or about what it waits for.
func (d *dossier) hearWaiting(n history.Note) {
	switch n.What {
	case history.Sent:
		if d.first.At.IsZero() {
			d.first = n
		}
	case history.Answered:
		if d.acknowledged.IsZero() {
			d.acknowledged = n.At
		}
		if !slices.Contains(d.instances, n.Instance) {
			d.instances = append(d.instances, n.Instance)
		}
	case history.Publish:
		if d.work == history.Start && d.first.At.IsZero() {
			d.first = n
		}
	case history.Published:
		if d.published.IsZero() {
			d.published = n.At
		}
		if d.work == history.Start && d.acknowledged.IsZero() {
			d.acknowledged = n.At
		}
	case history.Job:
		d.jobs = append(d.jobs, n)
	case history.Polled:
		d.polled = append(d.polled, n)
	}
}

// waiting judges the work of a kind: each key that was acknowledged led to one job, in time, and its instance ended.
func (c *court) waiting(w history.Work) {
	for _, d := range c.order {
		if d.work != w {
			continue
		}
		if d.first.At.IsZero() {
			c.say(Wrong, RuleInvented, "a job came for the %s %s, which nobody asked for", w, d.key)
			continue
		}
		if d.acknowledged.IsZero() || w == history.Message && d.published.IsZero() {
			c.say(Stuck, RuleEnds, "the %s %s was asked for and never acknowledged, though it was repeated to the end", w, d.key)
		}
		c.fired(d)
		if w == history.Timer && len(d.jobs) > 0 {
			c.punctual(d)
		}
		if w != history.Start {
			c.completed(d)
		}
	}
}

// fired proves that what was waited for came once.
func (c *court) fired(d *dossier) {
	jobs, instances := map[int64]bool{}, map[int64]bool{}
	for _, j := range d.jobs {
		jobs[j.JobKey], instances[j.Instance] = true, true
	}
	awaited := !d.acknowledged.IsZero() && (d.work != history.Message || !d.published.IsZero())
	switch {
	case awaited && len(jobs) == 0:
		c.say(Lost, RuleLost, "the %s %s was acknowledged, and nothing came of it", d.work, d.key)
	case awaited && !c.inTime(later(d.acknowledged, d.published), d.jobs[0].At.Add(-d.first.Delay)):
		c.say(Stuck, RuleEnds, "the %s %s came only at %s", d.work, d.key, d.jobs[0].At.Format("15:04:05"))
	case len(jobs) > 1:
		c.say(Doubled, RuleOnce, "the %s %s came %d times, in %d instances", d.work, d.key, len(jobs), len(instances))
	}
	if len(d.instances) > 1 {
		c.say(Doubled, RuleKey, "the %s %s was given %d instances: %v", d.work, d.key, len(d.instances), d.instances)
	}
	for _, j := range d.jobs {
		if len(d.instances) == 1 && j.Instance != d.instances[0] {
			c.say(Doubled, RuleLost, "the %s %s was given instance %d, and a job came of instance %d", d.work, d.key, d.instances[0], j.Instance)
			break
		}
	}
}

// punctual proves that a timer was not early, and notes by how much it was late. It was due a delay after its instance began,
// which was at some time between the first request and the acknowledgement.
func (c *court) punctual(d *dossier) {
	fired := d.jobs[0].At
	if due := d.first.At.Add(d.first.Delay); fired.Before(due) {
		c.say(Wrong, RuleEarly, "the timer %s was due %s after it was asked for, and came %s before that", d.key, d.first.Delay, due.Sub(fired))
	}
	if !d.acknowledged.IsZero() {
		c.Late = max(c.Late, fired.Sub(d.acknowledged.Add(d.first.Delay)))
	}
}

// completed proves that the instance ended.
func (c *court) completed(d *dossier) {
	if d.acknowledged.IsZero() || d.work == history.Message && d.published.IsZero() {
		return
	}
	state := ""
	for _, n := range d.polled {
		if state == "COMPLETED" && n.State != state {
			c.say(Wrong, RuleFinal, "the %s %s was COMPLETED and then %s", d.work, d.key, n.State)
		}
		state = n.State
	}
	switch state {
	case "COMPLETED":
	case "NOT_FOUND":
		c.say(Lost, RuleLost, "the %s %s was acknowledged, and its instance is not known", d.work, d.key)
	default:
		c.say(Stuck, RuleEnds, "the instance of the %s %s is %q at the end", d.work, d.key, state)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
