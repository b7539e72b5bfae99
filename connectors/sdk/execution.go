package sdk

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// execution is one delivery of a job, from the handler's start to the engine's acknowledgement.
type execution struct {
	*subscription
	job *gatewaypb.ActivatedJob
	log *slog.Logger
}

func (e *execution) run() {
	began := time.Now()
	e.worker.observer.JobStarted(e.job.Type)
	ctx, cancel := context.WithTimeout(e.work, e.handler.settings.timeout)
	stop := e.keepLease(ctx)
	v := e.handler.perform(ctx, attempt{e.job, e.log})
	stop()
	cancel()
	err := e.report(v)
	e.worker.observer.JobEnded(e.job.Type, v.kind.String(), time.Since(began), err)
	switch {
	case err != nil:
		e.log.Warn("the outcome could not be reported; the job comes again after its lease unless it is gone", "outcome", v.kind, "error", err)
	case v.kind == kindDone:
		e.log.Debug("job done", "took", time.Since(began))
	default:
		e.log.Warn("job not done", "outcome", v.kind.String(), "code", v.code, "message", v.message, "took", time.Since(began))
	}
}

// keepLease extends the job's lease at half time while the handler runs and ctx lives. The returned function ends
// it and returns when it has ended.
func (e *execution) keepLease(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var timer *time.Timer
	lease := e.handler.settings.lease
	wg.Add(1)
	timer = time.AfterFunc(lease/2, func() { // most jobs end before: no goroutine for them
		defer wg.Done()
		for ctx.Err() == nil {
			if code := status.Code(e.extend(ctx, lease)); code != codes.OK && !transient(code) && code != codes.Canceled {
				e.log.Warn("the lease cannot be extended", "code", code)
				return
			}
			sleep(ctx, lease/2)
		}
	})
	return func() {
		cancel()
		if timer.Stop() {
			wg.Done()
		}
		wg.Wait()
	}
}

func (e *execution) extend(ctx context.Context, lease time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, lease/2)
	defer cancel()
	_, err := e.worker.client.gateway.UpdateJobTimeout(ctx, &gatewaypb.UpdateJobTimeoutRequest{
		JobKey: e.job.Key, Timeout: lease.Milliseconds(),
	})
	return err
}

// report tells the engine, again and again for up to one lease while it cannot be reached: an outcome that is lost
// means that the handler runs again. It outlives the end of the handlers' context.
func (e *execution) report(v verdict) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.work), e.handler.settings.lease)
	defer cancel()
	for n := 1; ; n++ {
		err := e.send(ctx, v)
		if err == nil || !transient(status.Code(err)) || ctx.Err() != nil || !sleep(ctx, e.worker.reconnect.After(n)) {
			return err
		}
	}
}

func (e *execution) send(ctx context.Context, v verdict) error {
	gateway := e.worker.client.gateway
	switch v.kind {
	case kindDone:
		_, err := gateway.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: e.job.Key, Variables: v.variables})
		return err
	case kindRejected:
		_, err := gateway.ThrowError(ctx, &gatewaypb.ThrowErrorRequest{
			JobKey: e.job.Key, ErrorCode: v.code, ErrorMessage: v.message, Variables: v.variables,
		})
		return err
	case kindRetryable:
		local, err := json.Marshal(map[string]marker{markerVariable: v.marker})
		if err != nil {
			return err
		}
		// Some gateways (Zeebe before 8.1, its test kit) drop the variables of FailJob. To miscount attempts is
		// nothing, to forget that an outcome is unknown is: it is set first, by a call that all of them know.
		if v.marker.Unresolved {
			if _, err := gateway.SetVariables(ctx, &gatewaypb.SetVariablesRequest{
				ElementInstanceKey: e.job.ElementInstanceKey, Variables: string(local), Local: true,
			}); err != nil {
				return err
			}
		}
		_, err = gateway.FailJob(ctx, &gatewaypb.FailJobRequest{
			JobKey: e.job.Key, Retries: max(e.job.Retries-1, 0), ErrorMessage: v.message,
			RetryBackOff: v.after.Milliseconds(), Variables: string(local),
		})
		return err
	}
	_, err := gateway.FailJob(ctx, &gatewaypb.FailJobRequest{JobKey: e.job.Key, Retries: 0, ErrorMessage: v.message})
	return err
}

// transient says whether the same command may succeed later.
func transient(c codes.Code) bool {
	return c == codes.Unavailable || c == codes.ResourceExhausted || c == codes.DeadlineExceeded || c == codes.Aborted
}
