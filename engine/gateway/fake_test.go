package gateway

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/engine/record"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeRouter stands for an engine with two partitions. Commands are answered by answer, if set;
// else jobs are leased and yielded as an engine would and anything else is a test's mistake.
type fakeRouter struct {
	answer   func(ctx context.Context, partition int32, command record.Record) (record.Record, error)
	lookup   func(partition int32, request LookupRequest) (Instance, error)
	topology Topology

	mutex     sync.Mutex
	notify    func(string)
	commands  []routed
	available []int64 // keys of jobs that wait
	leased    []int64
	streams   []*fakeStream
	creates   int32
	asked     []string // questions to partitions
}

// routed is a command and where it went.
type routed struct {
	partition int32
	record.Record
}

func (f *fakeRouter) Submit(ctx context.Context, partition int32, command record.Record) (record.Record, error) {
	f.mutex.Lock()
	f.commands = append(f.commands, routed{partition, command})
	f.mutex.Unlock()
	if f.answer != nil {
		return f.answer(ctx, partition, command)
	}
	switch value := command.Value.(type) {
	case *record.JobBatch:
		return f.lease(partition, command, value), nil
	case *record.Job:
		if command.Intent == record.JobYield {
			f.yield(command.Key)
			return event(command.Key, record.JobYielded, value), nil
		}
	}
	return record.Record{}, fmt.Errorf("the fake has no answer to %s %s", command.ValueType, command.IntentName())
}

func (f *fakeRouter) SubmitNow(ctx context.Context, partition int32, command record.Record) (record.Record, error) {
	return f.Submit(ctx, partition, command)
}

func (f *fakeRouter) AwaitJobs(string) {}

// Query knows every definition from the second look on.
func (f *fakeRouter) Query(_ context.Context, partition int32, name string, _ []byte) ([]byte, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.asked = append(f.asked, fmt.Sprintf("%d:%s", partition, name))
	if len(f.asked) < 2 {
		return []byte{0}, nil
	}
	return []byte{1}, nil
}

func (f *fakeRouter) Post(partition int32, command record.Record) {
	_, _ = f.Submit(context.Background(), partition, command)
}

// lease answers a job batch with jobs of the partition.
func (f *fakeRouter) lease(partition int32, command record.Record, want *record.JobBatch) record.Record {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	batch := *want
	f.available = slices.DeleteFunc(f.available, func(key int64) bool {
		if record.PartitionOf(key) != partition || len(batch.Jobs) == int(want.MaxJobsToActivate) {
			return false
		}
		batch.JobKeys = append(batch.JobKeys, key)
		batch.Jobs = append(batch.Jobs, record.Job{Type: want.Type, Worker: want.Worker})
		f.leased = append(f.leased, key)
		return true
	})
	return event(command.Key, record.JobBatchActivated, &batch)
}

func (f *fakeRouter) yield(key int64) {
	f.mutex.Lock()
	f.leased = slices.DeleteFunc(f.leased, func(k int64) bool { return k == key })
	f.mutex.Unlock()
	f.addJob(key)
}

// addJob makes a job available and says so, as a partition does after a commit.
func (f *fakeRouter) addJob(key int64) {
	f.mutex.Lock()
	f.available = append(f.available, key)
	notify := f.notify
	f.mutex.Unlock()
	notify("work")
}

func (f *fakeRouter) jobs() (available, leased []int64) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.available), slices.Clone(f.leased)
}

func (f *fakeRouter) sent() []routed {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.commands)
}

func (f *fakeRouter) PartitionIDs() []int32 { return []int32{1, 2} }

func (f *fakeRouter) PartitionForKey(key int64) (int32, error) {
	if p := record.PartitionOf(key); p == 1 || p == 2 {
		return p, nil
	}
	return 0, fmt.Errorf("%w: key %d", ErrUnknownPartition, key)
}

func (f *fakeRouter) PartitionForCorrelationKey(key string) int32 {
	return record.PartitionForCorrelationKey(key, 2)
}

func (f *fakeRouter) NextCreatePartition() int32 {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.creates++
	return 1 + (f.creates-1)%2
}

func (f *fakeRouter) Topology() Topology { return f.topology }

func (f *fakeRouter) OnJobsAvailable(notify func(string)) { f.notify = notify }

func (f *fakeRouter) Lookup(_ context.Context, partition int32, request LookupRequest) (Instance, error) {
	return f.lookup(partition, request)
}

func (f *fakeRouter) OpenJobStream(_ context.Context, request StreamRequest) (JobStream, error) {
	stream := &fakeStream{request: request, jobs: make(chan StreamedJob), closed: make(chan struct{})}
	f.mutex.Lock()
	f.streams = append(f.streams, stream)
	f.mutex.Unlock()
	return stream, nil
}

func (f *fakeRouter) stream(i int) *fakeStream {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.streams[i]
}

// fakeStream is a job stream that a test pushes into.
type fakeStream struct {
	request StreamRequest
	jobs    chan StreamedJob
	closed  chan struct{}
	late    []StreamedJob // what Recv gives, once, after its context has ended
	mutex   sync.Mutex
	credits int
}

func (f *fakeStream) Recv(ctx context.Context) (StreamedJob, error) {
	select {
	case job := <-f.jobs:
		return job, nil
	case <-ctx.Done():
		if len(f.late) > 0 {
			job := f.late[0]
			f.late = f.late[1:]
			return job, nil
		}
		return StreamedJob{}, ctx.Err()
	}
}

func (f *fakeStream) Grant(n int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.credits += n
}

func (f *fakeStream) granted() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.credits
}

func (f *fakeStream) Close() { close(f.closed) }

// event is an answer.
func event(key int64, intent record.Intent, value record.Value) record.Record {
	r := record.NewCommand(key, intent, value)
	r.Type = record.Event
	return r
}

// refusal is a rejection of a command.
func refusal(command record.Record, kind record.RejectionType, reason string) record.Record {
	command.Type, command.RejectionType, command.RejectionReason = record.CommandRejection, kind, reason
	return command
}

// gatewayUnderTest is a gateway on a real listener with clients connected to it.
type gatewayUnderTest struct {
	*Server
	address string
	client  gatewaypb.GatewayClient
	engine  enginepb.EngineClient
}

func serve(t *testing.T, config Config, options ...grpc.DialOption) *gatewayUnderTest {
	t.Helper()
	server, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		server.Stop(ctx)
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	g := &gatewayUnderTest{Server: server, address: listener.Addr().String()}
	connection := g.dial(t, options...)
	g.client, g.engine = gatewaypb.NewGatewayClient(connection), enginepb.NewEngineClient(connection)
	return g
}

func (g *gatewayUnderTest) dial(t *testing.T, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(g.address, append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// document is variables from JSON text that is known to be good.
func document(t *testing.T, text string) record.Document {
	t.Helper()
	d, err := record.ParseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 400 {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("this never came true: %s", what)
}
