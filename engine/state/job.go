package state

import (
	"math"
	"strings"

	"github.com/payhub/payhub/engine/record"
)

// JobState is where a job is in its life.
type JobState uint8

// The states of a job that has not ended.
const (
	JobActivatable JobState = iota
	JobActivated
	JobFailed      // no retries left, or waiting for its back-off
	JobErrorThrown // its error was caught nowhere
)

// Job is work that waits for a worker or is with one. What its element's definition says is not
// repeated here.
type Job struct {
	Key                int64 // not in the row: it is the row's key
	State              JobState
	Type               string
	Worker             string
	Retries            int32
	Deadline           int64 // ms since the epoch, 0 while no worker has it
	RecurringTime      int64 // ms since the epoch when its back-off ends, 0 if none
	ErrorMessage       string
	ErrorCode          string
	ElementInstanceKey int64
}

// Fields implements the row codec.
func (j *Job) Fields(c *record.Codec) {
	c.Byte((*uint8)(&j.State))
	c.String(&j.Type)
	c.String(&j.Worker)
	c.Int32(&j.Retries)
	c.Int(&j.Deadline)
	c.Int(&j.RecurringTime)
	c.String(&j.ErrorMessage)
	c.String(&j.ErrorCode)
	c.Int(&j.ElementInstanceKey)
}

// Job finds a job by its key; nil if there is none.
func (v *View) Job(key int64) *Job {
	j, ok := loadOf[Job](v, tableJob, key)
	if !ok {
		return nil
	}
	j.Key = key
	return j
}

// jobQueue are the jobs of a type that wait for a worker.
type jobQueue struct{ tenant, jobType string }

// mostQueues bounds the queues whose beginning is remembered: anybody may ask for any type.
const mostQueues = 10_000

// ActivatableJobs calls visit with the jobs of a type that wait for a worker, oldest first. It begins
// where the queue is known to begin, not among what has been taken and deleted before.
func (v *View) ActivatableJobs(tenant, jobType string, visit func(key int64) bool) {
	from, known := v.waiting[jobQueue{tenant, jobType}]
	if known && from == noJob {
		return
	}
	prefix := append([]byte(nil), v.key(tableJobActivatable).text(tenantKey(tenant)).text(jobType)...)
	start := rowKey(append([]byte(nil), prefix...)).num(from)
	first := int64(noJob)
	v.scanFrom(start, prefix, func(key, _ []byte) bool {
		job := lastNum(key)
		first = min(first, job)
		return visit(job)
	})
	v.beginsAt(jobQueue{tenant, jobType}, first, known)
}

// noJob is where a queue begins that is empty.
const noJob = math.MaxInt64

// beginsAt remembers where a queue begins. While the decision has changed no queue yet, what was
// seen is what is committed; otherwise it might be gone again with the decision.
func (v *View) beginsAt(q jobQueue, first int64, known bool) {
	if v.overlay == nil || len(v.overlay.sorted[tableJobActivatable]) > 0 || !known && len(v.waiting) >= mostQueues {
		return
	}
	if !known {
		q = jobQueue{strings.Clone(q.tenant), strings.Clone(q.jobType)}
	}
	v.waiting[q] = first
}

// joins notes that a job waits again or anew; should the decision be discarded, the queue's
// beginning is merely too early.
func (v *View) joins(q jobQueue, job int64) {
	if from, known := v.waiting[q]; known && job < from {
		v.waiting[q] = job
	}
}

// PutJob writes a job and keeps its indexes: activatable jobs by type, jobs with a worker by
// deadline, failed ones by the end of their back-off. before is the job as it was, nil if new.
func (t *Tables) PutJob(tenant string, before, j *Job) {
	key := t.key(tableJob).num(j.Key)
	if before == nil {
		t.overlay.insert(key, t.overlay.encode(j))
	} else {
		t.overlay.put(key, t.overlay.encode(j))
	}
	t.unindexJob(tenant, before, j)
	switch {
	case j.State == JobActivatable && (before == nil || before.State != JobActivatable):
		t.overlay.put(t.key(tableJobActivatable).text(tenantKey(tenant)).text(j.Type).num(j.Key), nil)
		t.joins(jobQueue{tenant, j.Type}, j.Key)
	case j.State == JobActivated && (before == nil || before.Deadline != j.Deadline || before.State != JobActivated):
		t.overlay.insert(t.key(tableJobDeadline).num(j.Deadline).num(j.Key), nil)
	case j.State == JobFailed && j.RecurringTime > 0 && (before == nil || before.State != JobFailed):
		t.overlay.insert(t.key(tableJobBackoff).num(j.RecurringTime).num(j.Key), nil)
	}
}

// unindexJob removes the index rows that no longer hold; after is nil for a job that ends.
func (t *Tables) unindexJob(tenant string, before, after *Job) {
	if before == nil {
		return
	}
	switch {
	case before.State == JobActivatable && (after == nil || after.State != JobActivatable):
		t.overlay.remove(t.key(tableJobActivatable).text(tenantKey(tenant)).text(before.Type).num(before.Key))
	case before.State == JobActivated && (after == nil || after.State != JobActivated || after.Deadline != before.Deadline):
		t.overlay.remove(t.key(tableJobDeadline).num(before.Deadline).num(before.Key))
	case before.State == JobFailed && before.RecurringTime > 0 && (after == nil || after.State != JobFailed):
		t.overlay.remove(t.key(tableJobBackoff).num(before.RecurringTime).num(before.Key))
	}
}

// DeleteJob removes a job that has ended.
func (t *Tables) DeleteJob(tenant string, j *Job) {
	t.overlay.remove(t.key(tableJob).num(j.Key))
	t.unindexJob(tenant, j, nil)
}

// DueJobDeadlines calls visit with the jobs whose worker's time is over at now, earliest first,
// and returns the time of the first one that is not due; math.MaxInt64 if there is none.
func (v *View) DueJobDeadlines(from, now int64, visit func(key int64) bool) (next int64) {
	return v.due(tableJobDeadline, from, now, visit)
}

// DueJobBackoffs calls visit with the failed jobs whose back-off is over at now.
func (v *View) DueJobBackoffs(from, now int64, visit func(key int64) bool) (next int64) {
	return v.due(tableJobBackoff, from, now, visit)
}

// due walks an index of times from a time on, up to and with now, until visit returns false. It
// returns the first time it has not visited; math.MaxInt64 if there is none, as 0 is a time like any
// other.
func (v *View) due(t Table, from, now int64, visit func(key int64) bool) (next int64) {
	start := append([]byte(nil), v.key(t).num(from)...)
	next = math.MaxInt64
	v.scanFrom(start, []byte{byte(t)}, func(key, _ []byte) bool {
		if due := numAt(key, 1); due > now || !visit(lastNum(key)) {
			next = due
			return false
		}
		return true
	})
	return next
}
