package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// measureThroughput runs closed loops against `payhub server` without exporters, and against Zeebe on the same machine.
func measureThroughput(ctx context.Context, b *bench) error {
	m, err := b.oneTask("benchmark")
	if err != nil {
		return err
	}
	loops := []int{64, 128}
	ours, err := b.closedLoops(ctx, m, loops)
	if err != nil {
		return err
	}
	var theirs []result
	against, now, aim := "Zeebe", 10.0, 25.0
	if b.oracle != "" {
		theirs, err = b.zeebeLoops(ctx, m, loops)
	} else {
		theirs, err = b.coreLoops(ctx, loops)
		against, now, aim = "core alone", 0, 0
	}
	if err != nil {
		return err
	}
	for i, c := range loops {
		b.table.add(
			figure{
				name: fmt.Sprintf("instances/s, %d in flight", c), unit: "/s", value: ours[i].perSecond, higher: true,
				baseline: theirs[i].perSecond, against: against, byRatio: true, now: now, aim: aim,
			},
			figure{
				name: fmt.Sprintf("server CPU per instance, %d in flight", c), unit: "ms", value: ours[i].cpu, now: 0.40, aim: 0.10,
				baseline: theirs[i].cpu, against: against,
			},
		)
	}
	return nil
}

func (b *bench) closedLoops(ctx context.Context, m model, loops []int) ([]result, error) {
	s, err := b.startPayhub(ctx, "server")
	if err != nil {
		return nil, err
	}
	defer s.end()
	var results []result
	for _, c := range loops {
		w := work{address: s.addresses["grpc"], servers: []*process{s.process}, model: m, inFlight: c, warm: 5 * time.Second, window: b.window(20 * time.Second)}
		r, err := s.measured(ctx, fmt.Sprintf("c%d", c), w)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	figures, err := s.metrics(ctx)
	if err == nil && figures["payhub_partition_commands_total"] > 0 {
		b.table.add(figure{
			name: "log per instance", unit: "KB", baseline: 0,
			value: figures["payhub_log_bytes_total"] / figures["payhub_partition_commands_total"] * 2 / 1024,
		})
	}
	return results, err
}

// coreLoops is the baseline without Zeebe: what the pure core does on one CPU, on this machine and in this run.
func (b *bench) coreLoops(ctx context.Context, loops []int) ([]result, error) {
	c, err := b.runCore(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]result, len(loops))
	for i := range results {
		results[i] = result{perSecond: 1e9 / c.nanoseconds, cpu: c.nanoseconds / 1e6}
	}
	return results, nil
}

// zeebeLoops warms the JVM for a minute before it measures.
func (b *bench) zeebeLoops(ctx context.Context, m model, loops []int) ([]result, error) {
	z, address, err := b.startZeebe(ctx)
	if err != nil {
		return nil, err
	}
	defer z.stop(syscall.SIGTERM)
	var results []result
	warm := b.window(60 * time.Second)
	for _, c := range loops {
		r, err := b.load.run(ctx, work{address: address, servers: []*process{z}, model: m, inFlight: c, warm: warm, window: b.window(20 * time.Second), poll: true})
		if err != nil {
			return nil, err
		}
		results, warm = append(results, r), 5*time.Second
	}
	r, err := b.load.run(ctx, work{address: address, servers: []*process{z}, model: m, rate: zeebeRate, warm: 5 * time.Second, window: b.window(20 * time.Second), poll: true})
	b.zeebePaced = r
	return results, err
}

// zeebeRate is far enough below what Zeebe can do for its latency to mean something.
const zeebeRate = 100

// measureLatency runs an open loop at 500 instances a second. Zeebe cannot do that on two cores, so it is asked for
// 100 a second.
func measureLatency(ctx context.Context, b *bench) error {
	m, err := b.oneTask("benchmark")
	if err != nil {
		return err
	}
	s, err := b.startPayhub(ctx, "server")
	if err != nil {
		return err
	}
	defer s.end()
	r, err := s.measured(ctx, "latency", work{
		address: s.addresses["grpc"], servers: []*process{s.process}, model: m, rate: 500, warm: 5 * time.Second, window: b.window(30 * time.Second),
	})
	if err != nil {
		return err
	}
	against := fmt.Sprintf("Zeebe at %d/s", zeebeRate)
	b.table.add(
		figure{name: "create to completed at 500/s, p50", unit: "ms", value: r.p50, now: 3, aim: 0.6, baseline: b.zeebePaced.p50, against: against},
		figure{name: "create to completed at 500/s, p99", unit: "ms", value: r.p99, now: 15, aim: 2, baseline: b.zeebePaced.p99, against: against},
	)
	return nil
}

// measured runs a load against this server, with a profile of it if asked for.
func (s *payhub) measured(ctx context.Context, name string, w work) (result, error) {
	profiled := make(chan struct{})
	go func() {
		defer close(profiled)
		if s.bench.profile && pause(ctx, w.warm) == nil {
			s.keepProfile(name, w.window)
		}
	}()
	r, err := s.bench.load.run(ctx, w)
	<-profiled
	return r, err
}
