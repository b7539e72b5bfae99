package check

import "github.com/payhub/payhub/engine/record"

// leases proves I11: in the log a job has one lease at a time, which ends by what the worker says, by its deadline, or because
// the job did not reach the worker; and a worker never holds a job that the log does not lease to it.
type leases struct {
	deaf
	j    *Judge
	jobs map[int64]*leasedJob
	// handedBack is the latest hand-back of a job in each partition's log.
	handedBack map[int32]handBack
}

// handBack is where a hand-back stands and the deadline by which it names the lease; 0 or -1 names none.
type handBack struct{ position, deadline int64 }

// leasedJob is a job and its leases.
type leasedJob struct {
	leased   bool
	waits    bool // for a backoff, retries or an incident: nobody may have it
	ended    bool
	term     uint64 // in which the last lease was given
	since    int64  // when it was given, true time
	deadline int64
	reached  bool    // the last lease reached a worker
	worker   string  // who has the last lease
	given    []int64 // deadlines of leases that no worker has shown yet
}

// longLease is how long a lease must be, in ms, for its end by time to tell that nobody gave it back at once.
const longLease = 4000

func newLeases(j *Judge) *leases {
	return &leases{j: j, jobs: map[int64]*leasedJob{}, handedBack: map[int32]handBack{}}
}

func (k *leases) listens() []record.ValueType {
	return []record.ValueType{record.JobValue, record.JobBatchValue, record.IncidentValue}
}

func (k *leases) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		if v, ok := r.Value.(*record.Job); ok && r.Intent == record.JobYield && r.Type == record.Command {
			k.handedBack[e.Partition] = handBack{r.Position, v.Deadline}
		}
		return
	}
	switch v := r.Value.(type) {
	case *record.JobBatch:
		if r.Intent == record.JobBatchActivated {
			for i, key := range v.JobKeys {
				k.lease(e, r, key, &v.Jobs[i])
			}
		}
	case *record.Incident:
		if job := k.jobs[v.JobKey]; job != nil && r.Intent == record.IncidentResolved {
			job.waits = false
		}
	case *record.Job:
		k.job(e, r, v)
	}
}

// lease notes that a job is given to a worker.
func (k *leases) lease(e *Entry, r *record.Record, key int64, v *record.Job) {
	at := where{partition: e.Partition, position: r.Position, key: key}
	job := k.jobs[key]
	switch {
	case job == nil || job.ended:
		k.j.blame(RuleLease, at, "job %d is leased to %q and is none", key, v.Worker)
		return
	case job.leased:
		k.j.blame(RuleLease, at, "job %d is leased to %q while a lease until %d is in force (time %d)", key, v.Worker, job.deadline, e.Batch.Now)
	case job.waits:
		k.j.blame(RuleLease, at, "job %d is leased to %q while it waits for a backoff or an incident", key, v.Worker)
	}
	job.leased, job.reached, job.term, job.since, job.deadline = true, false, e.Term, e.Real, v.Deadline
	job.worker = v.Worker
	job.given = append(job.given, v.Deadline)
}

// job notes what became of a job.
func (k *leases) job(e *Entry, r *record.Record, v *record.Job) {
	if r.Intent == record.JobCreated {
		if k.jobs[r.Key] != nil {
			k.j.blame(RuleLease, of(e, r), "job %d is created twice", r.Key)
		}
		k.jobs[r.Key] = &leasedJob{}
		return
	}
	job := k.jobs[r.Key]
	if job == nil || job.ended {
		k.j.blame(RuleLease, of(e, r), "job %d has ended or never was, and is %s", r.Key, r.IntentName())
		return
	}
	switch r.Intent {
	case record.JobCompleted, record.JobCanceled:
		job.ended, job.leased = true, false
	case record.JobFailed:
		job.leased, job.waits = false, v.Retries <= 0 || v.RecurringTime > 0
	case record.JobErrorThrown:
		job.leased, job.waits = false, true
	case record.JobRecurredAfterBackoff:
		job.waits = false
	case record.JobTimeoutUpdated:
		job.deadline = v.Deadline
		job.given = append(job.given, v.Deadline)
	case record.JobYielded:
		// That a job is handed back which did reach its worker, because nobody heard that it did, cannot be helped; that
		// an earlier lease is handed back and a later one ends by it can.
		if h := k.handedBack[e.Partition]; h.position == r.SourcePosition && h.deadline > 0 && h.deadline != job.deadline {
			k.j.blame(RuleLease, of(e, r), "job %d is handed back from a lease until %d, and that ends the lease of %q until %d", r.Key, h.deadline, job.worker, job.deadline)
		}
		job.leased = false
	case record.JobTimedOut:
		k.timedOut(e, r, job)
	}
}

// timedOut judges a lease that ended by time.
func (k *leases) timedOut(e *Entry, r *record.Record, job *leasedJob) {
	switch {
	case !job.leased:
		k.j.blame(RuleLease, of(e, r), "job %d timed out without a lease", r.Key)
	case e.Batch.Now < job.deadline:
		k.j.blame(RuleLease, of(e, r), "job %d timed out at %d, its lease is until %d", r.Key, e.Batch.Now, job.deadline)
	case !job.reached && job.term == e.Term && e.Real-job.since >= longLease: // clocks may jump over a lease
		k.j.blame(RuleAvailable, of(e, r), "job %d never reached %q and came back only with the end of its lease of %d ms, under one leader",
			r.Key, job.worker, e.Real-job.since)
	}
	job.leased = false
}

func (k *leases) pushed(worker int, partition int32, key int64, job *record.Job) {
	k.reached(where{partition: partition, key: key}, sprintf("worker %d", worker), key, job.Deadline)
}

func (k *leases) answered(c *call) {
	if c.err != nil {
		return
	}
	if v, ok := c.answer.Value.(*record.JobBatch); ok {
		for i, key := range v.JobKeys {
			k.reached(where{partition: c.partition, key: key}, sprintf("request %d", c.requestID), key, v.Jobs[i].Deadline)
		}
	}
}

// reached notes that a worker shows a lease: each lease once, and none that is not committed.
func (k *leases) reached(at where, who string, key, deadline int64) {
	job := k.jobs[key]
	if job == nil {
		k.j.blame(RuleLease, at, "%s got job %d, which the log does not have", who, key)
		return
	}
	for i, given := range job.given {
		if given == deadline {
			job.given = append(job.given[:i:i], job.given[i+1:]...)
			job.reached = job.reached || job.deadline == deadline
			return
		}
	}
	k.j.blame(RuleLease, at, "%s got job %d with a lease until %d, which the log did not give, or gave to another", who, key, deadline)
}
