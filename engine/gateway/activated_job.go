package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
)

// activatedJob is a leased job as clients see it, with the variables they want (none named: all).
// UNSPECIFIED is not the zero value of the
// listener's event type: a job left at zero would look like one of an ASSIGNING listener.
func activatedJob(key int64, job *record.Job, wanted []string) *gatewaypb.ActivatedJob {
	return &gatewaypb.ActivatedJob{
		Key:                      key,
		Type:                     job.Type,
		ProcessInstanceKey:       job.ProcessInstanceKey,
		BpmnProcessId:            job.BpmnProcessID,
		ProcessDefinitionVersion: job.ProcessDefinitionVersion,
		ProcessDefinitionKey:     job.ProcessDefinitionKey,
		ElementId:                job.ElementID,
		ElementInstanceKey:       job.ElementInstanceKey,
		CustomHeaders:            documentText(job.CustomHeaders, nil),
		Worker:                   job.Worker,
		Retries:                  job.Retries,
		Deadline:                 job.Deadline,
		Variables:                documentText(job.Variables, wanted),
		TenantId:                 record.DefaultTenant,
		Kind:                     gatewaypb.ActivatedJob_BPMN_ELEMENT,
		ListenerEventType:        gatewaypb.ActivatedJob_UNSPECIFIED,
		Tags:                     job.Tags,
	}
}

// handBack makes a leased job available again at once, since its worker never got it. It names the
// lease, so that it does not end a later one. Where that fails the lease's end does it later.
func (s *Server) handBack(key int64, job *record.Job) {
	if partition, err := s.router.PartitionForKey(key); err == nil { // it came from a partition, so there is one
		s.router.Post(partition, record.NewCommand(key, record.JobYield, &record.Job{
			Type: job.Type, Worker: job.Worker, Deadline: job.Deadline, TenantID: record.DefaultTenant,
		}))
	}
}

// tooLarge tells whether a job makes a message over the limit. Clients cannot receive it, so it
// would be leased again and again: it is failed without retries, which makes an incident that says
// why. The engine's own limit is on the sum of a batch, never on a single job.
func (s *Server) tooLarge(key int64, size int) bool {
	if size <= s.config.MaxMessageSize {
		return false
	}
	if partition, err := s.router.PartitionForKey(key); err == nil {
		s.router.Post(partition, record.NewCommand(key, record.JobFail, &record.Job{
			ErrorMessage: fmt.Sprintf("The job cannot be handed to a worker: with its variables it has %d bytes, the limit is %d. "+
				"Let the worker fetch fewer variables, or make them smaller; then give the job retries and resolve this incident.", size, s.config.MaxMessageSize),
			ErrorCode: record.ErrorTypeMessageSizeExceeded,
			TenantID:  record.DefaultTenant,
		}))
	}
	return true
}

// technicalSend is the status of a call whose answer could not be sent.
func technicalSend(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return technical(err)
	}
	return err // a gRPC status already
}
