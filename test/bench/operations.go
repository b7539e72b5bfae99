package main

import (
	"context"
	"fmt"
	"time"
)

// lagLimit is how far the operations store may be behind.
const lagLimit = 2.0

// operationsRates are tried in this order until the store falls behind.
var operationsRates = []int{500, 1000, 1500, 2000, 2500, 3000, 4000}

// measureOperations raises the rate of `payhub dev` until its operations store is more than two seconds behind, then waits until
// it has caught up and looks whether the log shrinks again.
func measureOperations(ctx context.Context, b *bench) error {
	m, err := b.oneTask("benchmark")
	if err != nil {
		return err
	}
	s, err := b.startPayhub(ctx, "dev", "--engine.snapshot.interval", "20s")
	if err != nil {
		return err
	}
	defer s.end()
	best, cpu := 0.0, 0.0
	for _, rate := range operationsRates {
		w := work{address: s.addresses["grpc"], servers: []*process{s.process}, model: m, rate: rate, warm: 2 * time.Second, window: b.window(20 * time.Second)}
		r, lag, err := s.withLag(ctx, w)
		if err != nil {
			return err
		}
		b.say("at %d/s: %.0f/s done, the operations store at most %.1f s behind", rate, r.perSecond, lag)
		if lag >= lagLimit || r.perSecond < 0.95*float64(rate) {
			break
		}
		best, cpu = r.perSecond, r.cpu
	}
	b.table.add(
		figure{name: "rate at which the operations store lags < 2 s", unit: "/s", value: best, higher: true, now: 500, aim: 3000},
		figure{name: "CPU per instance of payhub dev, store included, at that rate", unit: "ms", value: cpu},
	)
	return s.measureShrinking(ctx)
}

// withLag runs a load and gives the largest lag of the exporters that was seen meanwhile; it notes how large the log got.
func (s *payhub) withLag(ctx context.Context, w work) (result, float64, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	worst := make(chan float64, 1)
	done := make(chan struct{})
	go func() {
		most := 0.0
		for {
			select {
			case <-done:
				worst <- most
				return
			case <-time.After(250 * time.Millisecond):
				if figures, err := s.metrics(ctx); err == nil {
					most = max(most, figures["payhub_exporter_lag_seconds"])
					s.mostLog = max(s.mostLog, figures["payhub_log_disk_bytes"])
				}
			}
		}
	}()
	r, err := s.measured(ctx, fmt.Sprintf("operations-%d", w.rate), w)
	close(done)
	return r, <-worst, err
}

// measureShrinking waits until the store has caught up and the log has been cut to at most half; it is cut by whole segments.
func (s *payhub) measureShrinking(ctx context.Context) error {
	began, caughtUp, log := time.Now(), time.Duration(0), 0.0
	for time.Since(began) < time.Minute {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		figures, err := s.metrics(ctx)
		if err != nil {
			return err
		}
		log = figures["payhub_log_disk_bytes"]
		s.mostLog = max(s.mostLog, log)
		if caughtUp == 0 && figures["payhub_exporter_lag_seconds"] == 0 {
			caughtUp = time.Since(began)
		}
		if caughtUp > 0 && log <= s.mostLog/2 {
			break
		}
	}
	const mb = 1 << 20
	s.bench.table.add(
		figure{name: "log on disk after the store has caught up", unit: "MB", value: log / mb, baseline: s.mostLog / mb, against: "at its largest"},
		figure{name: "time to catch up", unit: "s", value: caughtUp.Seconds()},
	)
	return nil
}
