package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// StreamActivatedJobs implements gatewaypb.GatewayServer. The stream has a number of credits; a
// job takes one and sending it gives it back, so a worker that reads slowly (HTTP/2 stops the
// sending) holds few jobs and the others go elsewhere.
func (s *Server) StreamActivatedJobs(request *gatewaypb.StreamActivatedJobsRequest, stream grpc.ServerStreamingServer[gatewaypb.ActivatedJob]) error {
	tenants, err := checkTenants("StreamActivatedJobs", request.GetTenantIds())
	if err != nil {
		return err
	}
	if err := checkStream(request); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() { // ends with the call
		select {
		case <-s.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	jobs, err := s.router.OpenJobStream(ctx, StreamRequest{
		Type:           request.GetType(),
		Worker:         request.GetWorker(),
		Timeout:        request.GetTimeout(),
		FetchVariables: request.GetFetchVariable(),
		TenantIDs:      tenants,
	})
	if err != nil {
		return technical(err)
	}
	defer jobs.Close()
	if err := stream.SendHeader(metadata.MD{}); err != nil { // tells the client that it is registered
		return err
	}
	jobs.Grant(s.credits())
	return s.push(ctx, jobs, request.GetFetchVariable(), stream)
}

// credits is how many jobs a stream may have under way: at least one of each partition, because where
// there are fewer they have to go round for jobs to be found, many times a second while nothing happens.
func (s *Server) credits() int {
	return max(s.config.StreamCredits, len(s.router.PartitionIDs()))
}

// checkStream refuses what could never get a job. The worker's name may be blank.
func checkStream(request *gatewaypb.StreamActivatedJobsRequest) error {
	if request.GetType() == "" {
		return status.Error(codes.InvalidArgument, "Expected to stream jobs with type to be present, but it was blank")
	}
	if request.GetTimeout() < 1 {
		return status.Errorf(codes.InvalidArgument, "Expected to stream jobs with timeout to be greater than zero, but it was '%d'", request.GetTimeout())
	}
	return nil
}

// push sends jobs until the client, the engine or the gateway ends it.
func (s *Server) push(ctx context.Context, jobs JobStream, wanted []string, stream grpc.ServerStreamingServer[gatewaypb.ActivatedJob]) error {
	for {
		job, err := jobs.Recv(ctx)
		switch {
		case err == nil:
		case stream.Context().Err() != nil:
			return technical(stream.Context().Err())
		case ctx.Err() != nil:
			return status.Error(codes.Unavailable, "this gateway is shutting down, open the stream again")
		default:
			return technical(err)
		}
		message := activatedJob(job.Key, job.Job, wanted)
		if err = ctx.Err(); err == nil && !s.tooLarge(job.Key, proto.Size(message)+messageOverhead) {
			err = stream.Send(message)
		}
		if err != nil {
			s.handBack(job.Key, job.Job)
			return technicalSend(err)
		}
		jobs.Grant(1)
	}
}
