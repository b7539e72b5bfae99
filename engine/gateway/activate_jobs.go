package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// ActivateJobs implements gatewaypb.GatewayServer. It asks the partitions in turn, each time
// starting at another one, and sends what each has as it answers. Finding none is no error: the
// call waits for jobs as long as the caller allows and then ends well.
func (s *Server) ActivateJobs(request *gatewaypb.ActivateJobsRequest, stream grpc.ServerStreamingServer[gatewaypb.ActivateJobsResponse]) error {
	tenants, err := checkTenants("ActivateJobs", request.GetTenantIds())
	if err != nil {
		return err
	}
	if request.GetMaxJobsToActivate() <= 0 {
		return nil // as on Zeebe, where the sweep asks only while something is wanted
	}
	if err := checkActivation(request); err != nil {
		return err
	}
	call := &activation{server: s, request: request, tenants: tenants, stream: stream}
	if request.GetRequestTimeout() < 0 {
		_, err := call.sweep()
		return err
	}
	return call.poll()
}

// checkActivation refuses what could never get a job, in the words of Zeebe's engine. The
// worker's name may be blank.
func checkActivation(request *gatewaypb.ActivateJobsRequest) error {
	reason := ""
	switch {
	case request.GetType() == "":
		reason = "Expected to activate job batch with type to be present, but it was blank"
	case request.GetTimeout() < 1:
		reason = fmt.Sprintf("Expected to activate job batch with timeout to be greater than zero, but it was '%d'", request.GetTimeout())
	default:
		return nil
	}
	return rejected(record.JobBatchValue.IntentName(record.JobBatchActivate), record.InvalidArgument, reason)
}

// activation is one ActivateJobs call.
type activation struct {
	server  *Server
	request *gatewaypb.ActivateJobsRequest
	tenants []string
	stream  grpc.ServerStreamingServer[gatewaypb.ActivateJobsResponse]
}

// poll sweeps until there are jobs or the time is over.
func (a *activation) poll() error {
	s, ctx := a.server, a.stream.Context()
	end := time.NewTimer(s.pollTime(ctx, a.request.GetRequestTimeout()))
	defer end.Stop()
	probe := time.NewTicker(s.config.Probe)
	defer probe.Stop()
	poll := newParkedPoll(a.request.GetType())
	s.polls.park(poll)
	defer s.polls.leave(poll)
	for {
		s.router.AwaitJobs(poll.jobType)
		found, err := a.sweep()
		if found > 0 {
			s.polls.wake(poll.jobType) // there may be more
		}
		if err != nil || found > 0 {
			return err
		}
		select {
		case <-poll.wake:
			s.polls.park(poll)
		case <-probe.C:
		case <-end.C:
			return nil
		case <-s.stopped:
			return nil
		case <-ctx.Done():
			return technical(ctx.Err())
		}
	}
}

// pollTime is how long a poll waits: what the caller asks for (ms, 0 = the server's default),
// but it ends well shortly before the caller's deadline rather than badly at it.
func (s *Server) pollTime(ctx context.Context, requested int64) time.Duration {
	wait := s.config.LongPoll
	if requested > 0 {
		wait = min(time.Duration(min(requested, s.config.MaxLongPoll.Milliseconds()))*time.Millisecond, s.config.MaxLongPoll)
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		wait = min(wait, left-min(left/5, 500*time.Millisecond))
	}
	return max(0, wait)
}

// sweep asks each partition once (again while it says that it has more than fits one answer) and
// sends what it gets. It returns the number of jobs sent. A partition that cannot answer does
// not spoil the others' jobs: its error is the call's only if there are no jobs, and if no
// partition answered or one is overloaded, since then asking more often makes it worse.
func (a *activation) sweep() (int32, error) {
	partitions := a.server.router.PartitionIDs()
	start := int(a.server.sweeps.Add(1))
	var sent int32
	var failed error
	answered := false
	for i := range partitions {
		partition := partitions[(start+i)%len(partitions)]
		for more := true; more && sent < a.request.GetMaxJobsToActivate(); {
			batch, err := a.activate(partition, a.request.GetMaxJobsToActivate()-sent)
			var refused *rejectedError
			if errors.As(err, &refused) {
				return sent, refused.status
			}
			if err != nil {
				failed = worse(failed, err)
				break
			}
			answered = true
			if err := a.send(batch); err != nil {
				return sent, err
			}
			sent += int32(len(batch.Jobs))
			more = batch.Truncated && len(batch.Jobs) > 0
		}
	}
	if sent > 0 || answered && !errors.Is(failed, ErrOverloaded) {
		return sent, nil
	}
	return 0, technical(failed)
}

// worse prefers an overload over other failures: it is the one that tells the caller to slow down.
func worse(a, b error) error {
	if errors.Is(a, ErrOverloaded) {
		return a
	}
	return b
}

// rejectedError is a rejection's status among the errors of a sweep.
type rejectedError struct{ status error }

// Error implements error.
func (r *rejectedError) Error() string { return r.status.Error() }

// activate leases jobs of one partition. The caller's cancellation does not reach the command:
// jobs leased for somebody who has left must be known here, to be handed back.
func (a *activation) activate(partition int32, limit int32) (*record.JobBatch, error) {
	if err := a.stream.Context().Err(); err != nil {
		return nil, err
	}
	answer, err := a.server.try(context.WithoutCancel(a.stream.Context()), a.server.router.SubmitNow, partition, record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
		Type:              a.request.GetType(),
		Worker:            a.request.GetWorker(),
		Timeout:           a.request.GetTimeout(),
		MaxJobsToActivate: limit,
		FetchVariables:    a.request.GetFetchVariable(),
		TenantIDs:         a.tenants,
	}), a.server.config.RequestTimeout)
	if err != nil {
		return nil, err
	}
	if answer.IsRejection() {
		return nil, &rejectedError{rejection(&answer)}
	}
	return valueOf[*record.JobBatch](&answer)
}

// messageOverhead is more than the tag and length of a job in a message.
const messageOverhead = 16

// send sends a batch in messages under the size limit. If the caller has left, or leaves, what
// was not sent is handed back.
func (a *activation) send(batch *record.JobBatch) error {
	var part gatewaypb.ActivateJobsResponse
	size, unsent := 0, 0
	flush := func(next int) error {
		err := a.stream.Context().Err()
		if err == nil {
			err = a.stream.Send(&part)
		}
		if err != nil {
			for i := unsent; i < len(batch.Jobs); i++ {
				a.server.handBack(batch.JobKeys[i], &batch.Jobs[i])
			}
			return technicalSend(err)
		}
		part, size, unsent = gatewaypb.ActivateJobsResponse{}, 0, next
		return nil
	}
	for i := range batch.Jobs {
		job := activatedJob(batch.JobKeys[i], &batch.Jobs[i], a.request.GetFetchVariable())
		jobSize := proto.Size(job) + messageOverhead
		if a.server.tooLarge(job.Key, jobSize) {
			continue
		}
		if len(part.Jobs) > 0 && size+jobSize > a.server.config.MaxMessageSize {
			if err := flush(i); err != nil {
				return err
			}
		}
		part.Jobs, size = append(part.Jobs, job), size+jobSize
	}
	if len(part.Jobs) == 0 {
		return nil
	}
	return flush(len(batch.Jobs))
}
