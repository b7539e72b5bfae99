package export

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// Config says what a director exports, and how. Zero durations and counts mean the values named.
type Config struct {
	Partition   int32
	Source      Source
	Acknowledge Acknowledge
	Exporters   []Entry
	Log         *slog.Logger
	// FlushInterval is the longest time a delivered record waits for Flush: 200 ms.
	FlushInterval time.Duration
	// FlushRecords is the number of records after which Flush comes at once: 20,000.
	FlushRecords int
	// AcknowledgeInterval is the shortest time between two acknowledgements of an exporter, each
	// of which is a record in the log: 1 s.
	AcknowledgeInterval time.Duration
	// LongestBackOff is the longest wait between two tries of what fails: 30 s. The first is
	// 100 ms.
	LongestBackOff time.Duration
}

// Entry is one exporter of a director.
type Entry struct {
	ID       string
	Exporter Exporter
	Settings map[string]any
	// Accept tells which records are exported; nil takes all. The others are acknowledged as if
	// they were.
	Accept func(*record.Record) bool
	// FlushInterval is this exporter's own, in place of the director's; 0 keeps that.
	FlushInterval time.Duration
	// Acknowledged is how far it has come, read from the partition's state.
	Acknowledged Position
}

// Director runs the exporters of one partition while this node leads it.
type Director struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	lines  []*line
}

// Start configures the exporters and begins to export. An error is a setting that is wrong, and
// then nothing runs.
func Start(config Config) (*Director, error) {
	config.applyDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	d := &Director{cancel: cancel}
	seen := map[string]bool{}
	for _, entry := range config.Exporters {
		config := config
		if entry.FlushInterval > 0 {
			config.FlushInterval = entry.FlushInterval
		}
		if entry.ID == "" || seen[entry.ID] {
			cancel()
			return nil, fmt.Errorf("exporter %q: the id is empty or used twice: give each exporter an id of its own", entry.ID)
		}
		seen[entry.ID] = true
		log := config.Log.With("exporter", entry.ID, "partition", config.Partition)
		err := entry.Exporter.Configure(Context{entry.ID, config.Partition, entry.Settings, entry.Acknowledged, log})
		if err != nil {
			cancel()
			return nil, fmt.Errorf("exporter %s: %w", entry.ID, err)
		}
		d.lines = append(d.lines, newLine(config, entry, log))
	}
	for _, l := range d.lines {
		d.done.Add(1)
		go func() {
			defer d.done.Done()
			l.run(ctx)
		}()
	}
	return d, nil
}

// Stop ends exporting and closes the exporters; it returns when they are closed. What was not
// flushed comes again at the next start.
func (d *Director) Stop() {
	d.cancel()
	d.done.Wait()
}

// Status tells how far each exporter has come, in the order of the configuration.
func (d *Director) Status() []Status {
	list := make([]Status, 0, len(d.lines))
	for _, l := range d.lines {
		l.lock.Lock()
		list = append(list, l.status)
		l.lock.Unlock()
	}
	return list
}

// Status is how far an exporter has come and what holds it up.
type Status struct {
	ID string
	// Flushed is the position of the last record that is surely delivered.
	Flushed int64
	// Waiting is when the oldest record came to be that is not surely delivered yet, ms since the
	// epoch; 0 when there is none. The time since then is the exporter's lag.
	Waiting int64
	// Records counts records handed to the exporter since the start.
	Records int64
	// Failure is why the exporter does not get on now; empty while it does.
	Failure string
	// Failures counts failed calls since the start.
	Failures int64
}

func (c *Config) applyDefaults() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&c.FlushInterval, 200*time.Millisecond)
	setDefault(&c.AcknowledgeInterval, time.Second)
	setDefault(&c.LongestBackOff, 30*time.Second)
	if c.FlushRecords <= 0 {
		c.FlushRecords = 20_000
	}
}

func setDefault(d *time.Duration, standard time.Duration) {
	if *d <= 0 {
		*d = standard
	}
}

// stopped tells whether an error only says that the director is being stopped.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, ctx.Err()))
}
