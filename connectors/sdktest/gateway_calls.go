package sdktest

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// ActivateJobs leases waiting jobs; without any it waits as the request says.
func (g *Gateway) ActivateJobs(r *gatewaypb.ActivateJobsRequest, stream grpc.ServerStreamingServer[gatewaypb.ActivateJobsResponse]) error {
	late := time.After(time.Duration(max(r.RequestTimeout, 0)) * time.Millisecond)
	for {
		g.mu.Lock()
		var found []*gatewaypb.ActivatedJob
		for _, key := range g.order {
			if j := g.jobs[key]; j.State == "activatable" && j.Type == r.Type && len(found) < int(r.MaxJobsToActivate) {
				found = append(found, j.activate(r.Timeout, r.FetchVariable))
			}
		}
		changed := g.changed
		g.mu.Unlock()
		if len(found) > 0 {
			return stream.Send(&gatewaypb.ActivateJobsResponse{Jobs: found})
		}
		select {
		case <-changed:
		case <-late:
			return nil
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// StreamActivatedJobs brings what becomes activatable from now on.
func (g *Gateway) StreamActivatedJobs(r *gatewaypb.StreamActivatedJobsRequest, stream grpc.ServerStreamingServer[gatewaypb.ActivatedJob]) error {
	if g.noStreams {
		return status.Error(codes.Unimplemented, "no job streams")
	}
	s := &pushing{request: r, jobs: make(chan *gatewaypb.ActivatedJob, 64)}
	g.mu.Lock()
	g.streams[s] = true
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.streams, s)
		for len(s.jobs) > 0 { // never sent: available again at once
			g.jobs[(<-s.jobs).Key].State = "activatable"
		}
		g.push()
	}()
	for {
		select {
		case j := <-s.jobs:
			if err := stream.Send(j); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// CompleteJob ends a job well. As in Zeebe it is taken also after the lease, if nobody was faster.
func (g *Gateway) CompleteJob(_ context.Context, r *gatewaypb.CompleteJobRequest) (*gatewaypb.CompleteJobResponse, error) {
	return &gatewaypb.CompleteJobResponse{}, g.end(r.JobKey, func(j *job) {
		j.State, j.End.Variables = "completed", r.Variables
	})
}

// ThrowError ends a job with a BPMN error.
func (g *Gateway) ThrowError(_ context.Context, r *gatewaypb.ThrowErrorRequest) (*gatewaypb.ThrowErrorResponse, error) {
	return &gatewaypb.ThrowErrorResponse{}, g.end(r.JobKey, func(j *job) {
		j.State, j.Code, j.Message, j.End.Variables = "error", r.ErrorCode, r.ErrorMessage, r.Variables
	})
}

// FailJob gives a job back: available again after its back-off, or an incident without retries.
func (g *Gateway) FailJob(_ context.Context, r *gatewaypb.FailJobRequest) (*gatewaypb.FailJobResponse, error) {
	var local map[string]json.RawMessage
	if r.Variables != "" && !g.forgetful {
		if err := json.Unmarshal([]byte(r.Variables), &local); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
	}
	return &gatewaypb.FailJobResponse{}, g.end(r.JobKey, func(j *job) {
		for name, v := range local {
			j.local[name] = v
		}
		j.Message, j.End.Retries = r.ErrorMessage, r.Retries
		switch {
		case r.Retries <= 0:
			j.State = "incident"
		case r.RetryBackOff > 0:
			j.State, j.due = "waiting", time.Now().Add(time.Duration(r.RetryBackOff)*time.Millisecond)
		default:
			j.State = "activatable"
		}
	})
}

// SetVariables sets variables local to the task of a job.
func (g *Gateway) SetVariables(_ context.Context, r *gatewaypb.SetVariablesRequest) (*gatewaypb.SetVariablesResponse, error) {
	var local map[string]json.RawMessage
	if err := json.Unmarshal([]byte(r.Variables), &local); err != nil || !r.Local {
		return nil, status.Error(codes.InvalidArgument, "a JSON object of local variables is wanted")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range g.order {
		if j := g.jobs[key]; j.ElementInstanceKey == r.ElementInstanceKey {
			maps.Copy(j.local, local)
			return &gatewaypb.SetVariablesResponse{Key: 1}, nil
		}
	}
	return nil, status.Errorf(codes.NotFound, "no such element instance %d", r.ElementInstanceKey)
}

// UpdateJobTimeout moves the end of a lease.
func (g *Gateway) UpdateJobTimeout(_ context.Context, r *gatewaypb.UpdateJobTimeoutRequest) (*gatewaypb.UpdateJobTimeoutResponse, error) {
	return &gatewaypb.UpdateJobTimeoutResponse{}, g.end(r.JobKey, func(j *job) {
		if j.State == "activated" {
			j.due = time.Now().Add(time.Duration(r.Timeout) * time.Millisecond)
			j.Extended++
		}
	})
}

// end changes a job that is neither finished nor stuck.
func (g *Gateway) end(key int64, change func(*job)) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	j := g.jobs[key]
	if j == nil || j.State == "completed" || j.State == "error" {
		return status.Errorf(codes.NotFound, "no such job %d", key)
	}
	if j.State == "incident" {
		return status.Errorf(codes.FailedPrecondition, "job %d has an incident", key)
	}
	change(j)
	g.push()
	return nil
}
