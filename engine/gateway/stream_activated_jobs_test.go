package gateway

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (g *gatewayUnderTest) stream(t *testing.T, ctx context.Context, request *gatewaypb.StreamActivatedJobsRequest) grpc.ServerStreamingClient[gatewaypb.ActivatedJob] {
	t.Helper()
	stream, err := g.client.StreamActivatedJobs(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Header(); err != nil { // there as soon as the stream is registered
		t.Fatal(err)
	}
	return stream
}

var streamRequest = &gatewaypb.StreamActivatedJobsRequest{Type: "work", Worker: "w", Timeout: 1000, FetchVariable: []string{"a"}}

func TestStreamedJobsAreSentAndPaidBack(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router, StreamCredits: 4})
	stream := g.stream(t, t.Context(), streamRequest)
	engine := router.stream(0)
	want := StreamRequest{Type: "work", Worker: "w", Timeout: 1000, FetchVariables: []string{"a"}, TenantIDs: []string{"<default>"}}
	if diff := cmp.Diff(want, engine.request); diff != "" {
		t.Error(diff)
	}
	for i := range int64(3) {
		engine.jobs <- StreamedJob{Key: i, Job: &record.Job{Type: "work"}}
		if job, err := stream.Recv(); err != nil || job.Key != i {
			t.Fatalf("%v, %v", job, err)
		}
	}
	eventually(t, "each job sent is a credit again", func() bool { return engine.granted() == 4+3 })
}

// A stream has a credit for each of the two partitions, so that none has to wait for another's.
func TestAStreamHasACreditForEachPartition(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router, StreamCredits: 1})
	g.stream(t, t.Context(), streamRequest)
	eventually(t, "two credits are granted", func() bool { return router.stream(0).granted() == 2 })
}

// The client leaves: the engine's stream is closed, and a job that came too late is handed back.
func TestClosedStreamHandsJobsBack(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router})
	ctx, cancel := context.WithCancel(t.Context())
	g.stream(t, ctx, streamRequest)
	engine := router.stream(0)
	router.mutex.Lock()
	router.leased = []int64{key2}
	router.mutex.Unlock()
	engine.late = []StreamedJob{{Key: key2, Job: &record.Job{}}}
	cancel()
	eventually(t, "the job is available again", func() bool {
		available, leased := router.jobs()
		return len(available) == 1 && len(leased) == 0
	})
	<-engine.closed
}

func TestStreamRefused(t *testing.T) {
	g := serve(t, Config{Router: &fakeRouter{}})
	for _, request := range []*gatewaypb.StreamActivatedJobsRequest{
		{Timeout: 1000}, {Type: "work"}, {Type: "work", Timeout: 1000, TenantIds: []string{"x"}},
	} {
		stream, err := g.client.StreamActivatedJobs(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: %v, expected INVALID_ARGUMENT", request, err)
		}
	}
}

// Stopping tells workers to open their stream elsewhere.
func TestStopEndsStreams(t *testing.T) {
	router := &fakeRouter{}
	g := serve(t, Config{Router: router})
	stream := g.stream(t, t.Context(), streamRequest)
	g.Stop(t.Context())
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, expected UNAVAILABLE", err)
	}
	<-router.stream(0).closed
}
