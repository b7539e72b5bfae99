package workload

import (
	"encoding/json"
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/flows/contract"
)

// worker serves one job type at one gateway. What it remembers is lost when it crashes.
type worker struct {
	jobType string
	gateway int
	life    int
}

// The job types of our own models; sim.nobody has no worker.
const (
	workJob    = "sim.work"
	riskyJob   = "sim.risky"
	fragileJob = "sim.fragile"
	doubleJob  = "sim.double"
	polledJob  = "sim.polled"
)

// capacity is how many jobs a worker takes at once.
const capacity = 16

// hire opens two workers for each job type, at different gateways, and one that polls.
func (u *Users) hire() {
	for _, jobType := range append(contract.JobTypes(), workJob, riskyJob, fragileJob, doubleJob) {
		for range 2 {
			n := len(u.workers)
			w := &worker{jobType: jobType, gateway: n % u.w.Gateways()}
			u.workers = append(u.workers, w)
			u.w.Work(n, w.gateway, jobType, u.plan.Habits.Lease, capacity)
		}
	}
	for p := int32(1); p <= u.w.Partitions(); p++ {
		u.poll(p)
	}
}

// Crashed implements Client.
func (u *Users) Crashed(worker int) { u.workers[worker].life++ }

// chance draws one of the habits.
func (u *Users) chance(thousandths int) bool { return u.w.Rand().IntN(1000) < thousandths }

// Job implements Client: the worker works for a while and says what came of it.
func (u *Users) Job(number int, key int64, job *record.Job) {
	w := u.workers[number]
	life := w.life
	u.w.After(1+u.w.Rand().Int64N(40), func() {
		if w.life != life {
			return
		}
		u.work(key, job, func() {
			if w.life == life {
				u.w.Done(number, key)
			}
		}, func() bool { return w.life == life })
	})
}

// work does a job: what it means outside, then the answer, with the habits in between.
func (u *Users) work(key int64, job *record.Job, over func(), alive func() bool) {
	h := &u.plan.Habits
	if job.Type == fragileJob && job.ErrorMessage == "" || job.Retries > 1 && u.chance(h.Fail) {
		u.say(key, record.JobFail, &record.Job{Retries: job.Retries - 1, RetryBackoff: []int64{0, 500}[u.w.Rand().IntN(2)], ErrorMessage: "failed once"}, over)
		return
	}
	if job.Type == riskyJob && u.w.Rand().IntN(4) == 0 {
		u.say(key, record.JobThrowError, &record.Job{ErrorCode: "REFUSED", ErrorMessage: "no"}, over)
		return
	}
	result := u.serve(job)
	if u.chance(h.Forget) {
		over() // it died and came back: the job stays leased until its time is over
		return
	}
	delay := 1 + u.w.Rand().Int64N(20)
	if u.chance(h.Slow) {
		delay += h.Lease * 3 / 2
	}
	u.w.After(delay, func() {
		if !alive() {
			return
		}
		v := &record.Job{Variables: result}
		if u.chance(h.Twice) {
			u.send(u.anyGateway(), record.PartitionOf(key), key, record.JobComplete, v, func(record.Record, error) {})
		}
		u.say(key, record.JobComplete, v, over)
	})
}

// say tells the engine what came of a job, until there is a definite answer or it has been said often enough: the lease takes
// care of the rest.
func (u *Users) say(key int64, intent record.Intent, v *record.Job, over func()) {
	left := 4
	var try func()
	try = func() {
		left--
		u.send(u.anyGateway(), record.PartitionOf(key), key, intent, v, func(_ record.Record, err error) {
			if err == nil || left == 0 {
				over()
				return
			}
			u.w.After(pause, try)
		})
	}
	try()
}

// serve does what a job asks for and gives its variables.
func (u *Users) serve(job *record.Job) record.Document {
	switch job.Type {
	case workJob, fragileJob, riskyJob:
		return document(map[string]any{"worked": true})
	case doubleJob:
		number, _ := job.Variables.Get("number")
		var n int64
		if err := json.Unmarshal(number.Value, &n); err != nil {
			panic(fmt.Sprintf("workload: job %s without a number: %v", job.Type, err))
		}
		return document(map[string]any{"answer": 2 * n})
	case polledJob:
		return document(map[string]any{"answer": "polled"})
	}
	request, _ := job.Variables.Get(contract.VarRequest)
	return document(map[string]any{contract.VarResult: u.ask(job.Type, request.Value)})
}

// poll fetches jobs of sim.polled from a partition, now and then.
func (u *Users) poll(partition int32) {
	u.w.After(u.plan.Habits.PollEvery, func() {
		if u.quiet() {
			return
		}
		v := &record.JobBatch{Type: polledJob, Worker: "poller", Timeout: u.plan.Habits.Lease, MaxJobsToActivate: 8, TenantIDs: []string{record.DefaultTenant}}
		u.send(u.anyGateway(), partition, -1, record.JobBatchActivate, v, func(answer record.Record, err error) {
			if err == nil && !answer.IsRejection() {
				batch := answer.Value.(*record.JobBatch)
				for i, key := range batch.JobKeys {
					u.work(key, &batch.Jobs[i], func() {}, func() bool { return true })
				}
			}
			u.poll(partition)
		})
	})
}

// quiet tells whether nobody can want anything any more.
func (u *Users) quiet() bool { return u.healed && len(u.running) == 0 && u.desk.OpenInstances() == 0 }
