package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// ownLoad is a generator for payhub alone, for a tree without the shared one. It does the same with protobuf's own codec, so it
// takes more of the machine.
type ownLoad struct{}

// payload has 30 variables, about 0.8 KB, as Zeebe's own benchmark sends.
var payload = func() string {
	var s strings.Builder
	s.WriteString(`{"businessKey":"1"`)
	for i := 1; i <= 29; i++ {
		switch {
		case i%3 == 0:
			fmt.Fprintf(&s, `,"var%d":%d`, i, 111*i)
		case i%5 == 0:
			fmt.Fprintf(&s, `,"var%d":{"a":"value-%d","b":false,"c":111}`, i, i)
		default:
			fmt.Fprintf(&s, `,"var%d":"736d9100-0155-%012d"`, i, i)
		}
	}
	return s.String() + "}"
}()

func (ownLoad) dial(ctx context.Context, w work) (gatewaypb.GatewayClient, func(), error) {
	gateways := manual.NewBuilderWithScheme("bench")
	gateways.InitialState(endpoints(w.address))
	connection, err := grpc.NewClient("bench:///gateways", grpc.WithResolvers(gateways),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		return nil, nil, err
	}
	client := gatewaypb.NewGatewayClient(connection)
	content, err := os.ReadFile(w.model.file)
	if err == nil {
		_, err = client.DeployResource(ctx, &gatewaypb.DeployResourceRequest{
			Resources: []*gatewaypb.Resource{{Name: w.model.id + ".bpmn", Content: content}},
		})
	}
	if err != nil {
		connection.Close()
		return nil, nil, err
	}
	return client, func() { connection.Close() }, nil
}

// endpoints are the gateways of a comma separated list; calls go to them in turn.
func endpoints(addresses string) (state resolver.State) {
	for address := range strings.SplitSeq(addresses, ",") {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	return state
}

func (l ownLoad) deploy(ctx context.Context, address string, m model) error {
	_, hangUp, err := l.dial(ctx, work{address: address, model: m})
	if err == nil {
		hangUp()
	}
	return err
}

// create starts one instance; the time goes with it as its first variable.
func create(ctx context.Context, client gatewaypb.GatewayClient, w work) error {
	_, err := client.CreateProcessInstance(ctx, &gatewaypb.CreateProcessInstanceRequest{
		BpmnProcessId: w.model.id, Version: -1, Variables: fmt.Sprintf(`{"t":%d,%s`, time.Now().UnixNano(), payload[1:]),
	})
	return err
}

func (l ownLoad) park(ctx context.Context, w work, count int) error {
	client, hangUp, err := l.dial(ctx, w)
	if err != nil {
		return err
	}
	defer hangUp()
	var begun atomic.Int64
	failed := make(chan error, w.inFlight)
	for range w.inFlight {
		go func() {
			for begun.Add(1) <= int64(count) {
				if err := create(ctx, client, w); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range w.inFlight {
		err = errors.Join(err, <-failed)
	}
	return err
}

// flight is one run: the instances on their way, and the times of those that completed.
type flight struct {
	mu      sync.Mutex
	took    []time.Duration // of those completed while measuring
	landed  chan struct{}   // one for each instance that ended; a closed loop begins another
	measure bool
	failed  int
}

func (l ownLoad) run(ctx context.Context, w work) (result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	client, hangUp, err := l.dial(ctx, w)
	if err != nil {
		return result{}, err
	}
	defer hangUp()
	f := &flight{landed: make(chan struct{}, 1<<20)}
	stream, err := client.StreamActivatedJobs(ctx, &gatewaypb.StreamActivatedJobsRequest{
		Type: w.model.jobType, Worker: "bench", Timeout: 60_000,
	})
	if err != nil {
		return result{}, err
	}
	go f.complete(ctx, client, stream)
	go f.create(ctx, client, w)
	if err := pause(ctx, w.warm); err != nil {
		return result{}, err
	}
	f.set(true)
	cpu, began := cpuOf(w.servers), time.Now()
	if err := pause(ctx, w.window); err != nil {
		return result{}, err
	}
	f.set(false)
	return f.result(cpuOf(w.servers)-cpu, time.Since(began))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (f *flight) set(measure bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.measure = measure
}

// create starts instances: as many as are wanted in flight, or at the rate asked for.
func (f *flight) create(ctx context.Context, client gatewaypb.GatewayClient, w work) {
	one := func() {
		if create(ctx, client, w) != nil {
			f.fail()
			f.landed <- struct{}{}
		}
	}
	if w.rate > 0 {
		began := time.Now()
		go func() {
			for range f.landed { // an open loop does not wait for what it began
				if ctx.Err() != nil {
					return
				}
			}
		}()
		for i := 0; pause(ctx, time.Until(began.Add(time.Duration(i)*time.Second/time.Duration(w.rate)))) == nil; i++ {
			go one()
		}
		return
	}
	for range w.inFlight {
		f.landed <- struct{}{}
	}
	for range f.landed {
		if ctx.Err() != nil {
			return
		}
		go one()
	}
}

// complete serves the jobs of a stream.
func (f *flight) complete(ctx context.Context, client gatewaypb.GatewayClient, stream gatewaypb.Gateway_StreamActivatedJobsClient) {
	for {
		job, err := stream.Recv()
		if err != nil {
			return
		}
		go func() {
			_, err := client.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: job.Key, Variables: "{}"})
			if err != nil {
				f.fail()
			}
			var began int64
			_, from, _ := strings.Cut(job.Variables, `"t":`)
			if _, err := fmt.Sscanf(from, "%d", &began); err == nil {
				f.land(time.Since(time.Unix(0, began)))
			}
			f.landed <- struct{}{}
		}()
	}
}

func (f *flight) fail() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed++
}

func (f *flight) land(took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.measure {
		f.took = append(f.took, took)
	}
}

func (f *flight) result(cpu, window time.Duration) (result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.took) == 0 {
		return result{}, fmt.Errorf("no instance completed, %d calls failed", f.failed)
	}
	slices.Sort(f.took)
	n := float64(len(f.took))
	return result{
		perSecond: n / window.Seconds(), cpu: math.Round(milliseconds(cpu)/n*1e4) / 1e4,
		p50: milliseconds(f.took[len(f.took)/2]), p99: milliseconds(f.took[len(f.took)*99/100]), failed: f.failed,
	}, nil
}
