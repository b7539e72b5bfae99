package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// parkers is how many calls create waiting instances at a time.
const parkers = 256

// measureWaiting compares a server's throughput with a million instances waiting with that of the same server when it was
// empty, kills it, and takes the time until it is ready again.
func measureWaiting(ctx context.Context, b *bench) error {
	m, err := b.oneTask("benchmark")
	if err != nil {
		return err
	}
	parked, err := b.oneTask("parked")
	if err != nil {
		return err
	}
	s, err := b.startPayhub(ctx, "server")
	if err != nil {
		return err
	}
	defer func() { s.end() }()
	w := work{address: s.addresses["grpc"], servers: []*process{s.process}, model: m, inFlight: 64, warm: 5 * time.Second, window: b.window(20 * time.Second)}
	empty, err := s.measured(ctx, "empty", w)
	if err != nil {
		return err
	}
	if err := b.load.park(ctx, work{address: w.address, servers: []*process{s.process}, model: parked, inFlight: parkers}, b.waiting()); err != nil {
		return err
	}
	full, err := s.measured(ctx, "waiting", w)
	if err != nil {
		return err
	}
	n := thousands(b.waiting())
	b.table.add(
		figure{
			name: "instances/s with " + n + " waiting", unit: "/s", value: full.perSecond, higher: true, byRatio: true,
			now: 0.8, aim: 0.95, baseline: empty.perSecond, against: "empty",
		},
		figure{name: "server CPU per instance with " + n + " waiting", unit: "ms", value: full.cpu, baseline: empty.cpu, against: "empty"},
		figure{name: "memory of payhub server with " + n + " waiting", unit: "MB", value: s.status("VmRSS")},
		figure{name: "disk of payhub server with " + n + " waiting", unit: "MB", value: folderSize(s.data)},
	)
	for _, how := range []struct {
		name   string
		signal syscall.Signal
	}{{"kill -9", syscall.SIGKILL}, {"SIGTERM", syscall.SIGTERM}} {
		s.stop(how.signal)
		took, err := s.restart(ctx)
		if err != nil {
			return err
		}
		b.table.add(figure{name: fmt.Sprintf("restart with %s waiting after %s", n, how.name), unit: "s", value: took.Seconds(), now: 10, aim: 2})
	}
	return nil
}

func thousands(n int) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%d M", n/1_000_000)
	}
	return fmt.Sprintf("%d k", n/1000)
}

// measureMemory reads the resident memory of `payhub dev` when it has just started and with a million instances waiting.
func measureMemory(ctx context.Context, b *bench) error {
	parked, err := b.oneTask("parked")
	if err != nil {
		return err
	}
	s, err := b.startPayhub(ctx, "dev")
	if err != nil {
		return err
	}
	defer s.end()
	if err := pause(ctx, 5*time.Second); err != nil {
		return err
	}
	idle := s.status("VmRSS")
	if err := b.load.park(ctx, work{address: s.addresses["grpc"], servers: []*process{s.process}, model: parked, inFlight: parkers}, b.waiting()); err != nil {
		return err
	}
	if err := pause(ctx, 10*time.Second); err != nil {
		return err
	}
	n := thousands(b.waiting())
	b.table.add(
		figure{name: "memory of payhub dev, idle", unit: "MB", value: idle, now: 150, aim: 80},
		figure{name: "memory of payhub dev, " + n + " waiting", unit: "MB", value: s.status("VmRSS"), now: 1024, aim: 400},
		figure{name: "its highest memory meanwhile", unit: "MB", value: s.status("VmHWM")},
	)
	figures, err := s.metrics(ctx)
	if err != nil {
		return err
	}
	b.say("operations store: %.0f s behind after creating %s instances at full speed", figures["payhub_exporter_lag_seconds"], n)
	return nil
}
