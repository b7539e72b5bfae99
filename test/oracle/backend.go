package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/gatewaypb"
)

// Backend runs scenarios against a Zeebe through its gateway.
type Backend struct {
	server  *Server
	conn    *grpc.ClientConn
	gateway gatewaypb.GatewayClient
	base    int // records written before the scenario
}

// NewBackend connects to a running engine.
func NewBackend(s *Server) (*Backend, error) {
	conn, err := grpc.NewClient(s.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &Backend{server: s, conn: conn, gateway: gatewaypb.NewGatewayClient(conn)}, nil
}

// Close ends the connection.
func (b *Backend) Close() error { return b.conn.Close() }

// Reset ends what earlier scenarios left: it cancels their instances, deletes their processes (so that no start event
// reacts any more) and lets their messages expire.
func (b *Backend) Reset() error {
	records, err := b.server.Records(b.base)
	if err != nil {
		return err
	}
	b.base += len(records)
	instances, definitions, buffered := leftovers(records)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, key := range instances {
		// Gone already is as good as cancelled.
		_, _ = b.gateway.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: key})
	}
	for _, key := range definitions {
		// The test kit's gateway carries this call out but never answers it.
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		_, _ = b.gateway.DeleteResource(short, &gatewaypb.DeleteResourceRequest{ResourceKey: key})
		cancel()
	}
	if buffered {
		if err := b.server.Advance(24 * time.Hour); err != nil {
			return err
		}
	}
	if err := b.server.Idle(); err != nil {
		return err
	}
	records, err = b.server.Records(b.base)
	b.base += len(records)
	return err
}

func leftovers(records []coretest.Record) (instances, definitions []int64, buffered bool) {
	active := map[int64]bool{}
	for i := range records {
		r := &records[i]
		switch {
		case r.Event("PROCESS") && r.Intent == "CREATED":
			definitions = append(definitions, r.Int("processDefinitionKey"))
		case r.Event("PROCESS_INSTANCE") && r.Text("bpmnElementType") == "PROCESS" && r.Int("parentProcessInstanceKey") <= 0:
			if r.Intent == "ELEMENT_ACTIVATING" {
				instances = append(instances, r.Key)
			}
			active[r.Key] = r.Intent != "ELEMENT_COMPLETED" && r.Intent != "ELEMENT_TERMINATED"
		case r.Event("MESSAGE") && r.Intent == "PUBLISHED":
			buffered = buffered || r.Int("timeToLive") > 0
		}
	}
	open := instances[:0]
	for _, key := range instances {
		if active[key] {
			open = append(open, key)
		}
	}
	return open, definitions, buffered
}

// Advance moves the clock.
func (b *Backend) Advance(d time.Duration) error { return b.server.Advance(d) }

// Records returns the scenario's records.
func (b *Backend) Records(from int) ([]coretest.Record, error) {
	return b.server.Records(b.base + from)
}

// Send makes one call and waits until the engine is idle.
func (b *Backend) Send(r coretest.Request) (coretest.Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	variables, err := b.call(ctx, r)
	answer, failed := answerOf(err)
	if failed != nil {
		return answer, fmt.Errorf("%s: %w", coretest.FormatCommand(r.Command), failed)
	}
	answer.Variables = variables
	return answer, b.server.Idle()
}

var rejection = regexp.MustCompile(`(?s)rejected with code '([A-Z_]+)': (.*)`)

// answerOf separates rejections, which are answers, from failures of the call.
func answerOf(err error) (coretest.Answer, error) {
	if err == nil {
		return coretest.Answer{}, nil
	}
	s := status.Convert(err)
	if m := rejection.FindStringSubmatch(s.Message()); m != nil {
		return coretest.Answer{Rejection: m[1], Reason: m[2]}, nil
	}
	switch s.Code() {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition:
		return coretest.Answer{Rejection: "status " + s.Code().String(), Reason: s.Message()}, nil
	}
	return coretest.Answer{}, err
}

func (b *Backend) call(ctx context.Context, r coretest.Request) (variables string, err error) {
	switch c := r.Command.(type) {
	case *coretest.Deploy:
		request := &gatewaypb.DeployResourceRequest{}
		for _, x := range r.Resources {
			request.Resources = append(request.Resources, &gatewaypb.Resource{Name: x.Name, Content: x.Content})
		}
		_, err = b.gateway.DeployResource(ctx, request)
	case *coretest.Create:
		return b.create(ctx, c)
	case *coretest.Cancel:
		_, err = b.gateway.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: r.Key})
	case *coretest.Publish:
		_, err = b.gateway.PublishMessage(ctx, &gatewaypb.PublishMessageRequest{
			Name: c.Name, CorrelationKey: c.Key, TimeToLive: c.TTL.Milliseconds(), MessageId: c.ID, Variables: c.Variables,
		})
	case *coretest.SetVariables:
		_, err = b.gateway.SetVariables(ctx, &gatewaypb.SetVariablesRequest{
			ElementInstanceKey: r.Key, Local: c.Local, Variables: c.Variables,
		})
	case *coretest.Resolve:
		_, err = b.gateway.ResolveIncident(ctx, &gatewaypb.ResolveIncidentRequest{IncidentKey: r.Key})
	default:
		err = b.jobCall(ctx, r)
	}
	return "", err
}

func (b *Backend) jobCall(ctx context.Context, r coretest.Request) (err error) {
	switch c := r.Command.(type) {
	case *coretest.Activate:
		err = b.activate(ctx, c)
	case *coretest.Complete:
		_, err = b.gateway.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: r.Key, Variables: c.Variables})
	case *coretest.Fail:
		_, err = b.gateway.FailJob(ctx, &gatewaypb.FailJobRequest{
			JobKey: r.Key, Retries: c.Retries, RetryBackOff: c.Backoff.Milliseconds(), ErrorMessage: c.Message, Variables: c.Variables,
		})
	case *coretest.Throw:
		_, err = b.gateway.ThrowError(ctx, &gatewaypb.ThrowErrorRequest{
			JobKey: r.Key, ErrorCode: c.Code, ErrorMessage: c.Message, Variables: c.Variables,
		})
	case *coretest.UpdateRetries:
		_, err = b.gateway.UpdateJobRetries(ctx, &gatewaypb.UpdateJobRetriesRequest{JobKey: r.Key, Retries: c.Retries})
	case *coretest.UpdateTimeout:
		_, err = b.gateway.UpdateJobTimeout(ctx, &gatewaypb.UpdateJobTimeoutRequest{
			JobKey: r.Key, Timeout: c.Timeout.Milliseconds(),
		})
	default:
		err = fmt.Errorf("unknown command %T", r.Command)
	}
	return err
}

func (b *Backend) create(ctx context.Context, c *coretest.Create) (string, error) {
	version := c.Version
	if version == 0 {
		version = -1
	}
	request := &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: c.Process, Version: version, Variables: c.Variables}
	if !c.Result {
		_, err := b.gateway.CreateProcessInstance(ctx, request)
		return "", err
	}
	with := &gatewaypb.CreateProcessInstanceWithResultRequest{Request: request, RequestTimeout: 10_000}
	if c.Fetch != "" {
		with.FetchVariables = strings.Split(c.Fetch, ",")
	}
	answer, err := b.gateway.CreateProcessInstanceWithResult(ctx, with)
	return answer.GetVariables(), err
}

func (b *Backend) activate(ctx context.Context, c *coretest.Activate) error {
	request := &gatewaypb.ActivateJobsRequest{
		Type: c.Type, Worker: c.Worker, Timeout: c.Timeout.Milliseconds(), MaxJobsToActivate: c.Max, RequestTimeout: -1,
	}
	if c.Fetch != "" {
		request.FetchVariable = strings.Split(c.Fetch, ",")
	}
	stream, err := b.gateway.ActivateJobs(ctx, request)
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
