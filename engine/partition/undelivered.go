package partition

import (
	"errors"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// yield is the command that makes a job available again which did not reach its worker. It names the
// lease, so that it does not end a later one.
func yieldCommand(key int64, job *record.Job) record.Record {
	return record.NewCommand(key, record.JobYield, &record.Job{Type: job.Type, Worker: job.Worker, Deadline: job.Deadline})
}

// undelivered collects the jobs that were leased here and surely did not reach a worker, because
// leadership was lost. Their leases are the next leader's to end: it is asked to do so at once; where
// that fails they end in time.
type undelivered struct{ yields []record.Record }

func (u *undelivered) job(key int64, job *record.Job) {
	u.yields = append(u.yields, yieldCommand(key, job))
}

// output adds what a decision would have handed to workers, whose batch may or may not be committed
// elsewhere. A yield of a job that is not leased has no effect.
func (u *undelivered) output(out *core.Output) {
	for i := range out.Pushes {
		u.job(out.Pushes[i].Key, &out.Pushes[i].Job)
	}
	for i := range out.Responses {
		batch, ok := out.Responses[i].Record.Value.(*record.JobBatch)
		if !ok {
			continue
		}
		for j, key := range batch.JobKeys {
			if j < len(batch.Jobs) {
				u.job(key, &batch.Jobs[j])
			}
		}
	}
}

// hand gives the jobs away.
func (u *undelivered) hand(p *Partition) {
	if len(u.yields) == 0 {
		return
	}
	p.counts.yields.Add(uint64(len(u.yields)))
	p.config.Undelivered(u.yields)
	u.yields = nil
}

// mayBeCommitted tells whether a batch whose proposal failed may be in the log all the same.
func mayBeCommitted(err error) bool { return !errors.Is(err, ErrNotLeader) }
