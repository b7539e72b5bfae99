package export

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// firstBackOff is the wait before the second try of what fails; each further one is twice as long.
const firstBackOff = 100 * time.Millisecond

// line is one exporter at work. Everything but the status belongs to its goroutine.
type line struct {
	config Config
	entry  Entry
	log    *slog.Logger

	next  uint64    // index of the entry to read
	taken mark      // the last record that was passed, exported or filtered
	since time.Time // when the first record that waits for Flush was exported; zero if none waits
	count int       // records that wait for Flush
	acked mark      // what the log knows
	ackAt time.Time // when the log was told last
	worth bool      // whether a record other than an acknowledgement came since acked

	lock   sync.Mutex
	status Status
}

// mark is a place in the record stream.
type mark struct {
	position int64
	index    uint64
}

func newLine(config Config, entry Entry, log *slog.Logger) *line {
	start := mark{entry.Acknowledged.Record, entry.Acknowledged.Index}
	return &line{
		config: config, entry: entry, log: log,
		// The entry that was acknowledged last may hold more records than were acknowledged.
		next: max(1, start.index), taken: start, acked: start,
		status: Status{ID: entry.ID, Flushed: start.position},
	}
}

// run exports until the context ends.
func (l *line) run(ctx context.Context) {
	if !l.retry(ctx, "open", func() error { return l.entry.Exporter.Open(ctx) }) {
		return
	}
	defer func() {
		if err := l.entry.Exporter.Close(); err != nil {
			l.log.Warn("exporter did not close well", "error", err)
		}
	}()
	for ctx.Err() == nil {
		if !l.retry(ctx, "read", func() error { return l.readOn(ctx) }) {
			return
		}
		if !l.flushIfDue(ctx) || !l.wait(ctx) {
			return
		}
	}
}

// readOn exports the entries that are committed. After an error it goes on with the record that
// was not taken.
func (l *line) readOn(ctx context.Context) error {
	next, err := l.config.Source.Read(ctx, l.next, func(index uint64, entry []byte) error {
		if err := l.exportEntry(ctx, index, entry); err != nil {
			return err
		}
		l.next = index + 1
		return nil
	})
	if err == nil {
		l.next = max(l.next, next)
	}
	return err
}

// exportEntry exports the records of one log entry, except those taken before.
func (l *line) exportEntry(ctx context.Context, index uint64, entry []byte) error {
	batch, err := record.DecodeBatch(entry)
	if err != nil {
		return fmt.Errorf("log entry %d: %w", index, err)
	}
	for i := range batch.Records {
		r := &batch.Records[i]
		if r.Position <= l.taken.position {
			continue
		}
		if l.entry.Accept == nil || l.entry.Accept(r) {
			if err := l.entry.Exporter.Export(ctx, r); err != nil {
				return fmt.Errorf("record %d: %w", r.Position, err)
			}
			l.count++
		}
		l.passed(r, index)
		if l.count >= l.config.FlushRecords && !l.flush(ctx) {
			return ctx.Err()
		}
	}
	if l.due() && !l.flush(ctx) {
		return ctx.Err()
	}
	return nil
}

// passed notes that a record is behind.
func (l *line) passed(r *record.Record, index uint64) {
	l.taken = mark{r.Position + r.Span() - 1, index}
	if r.ValueType != record.ExporterValue {
		l.worth = true
	}
	if l.since.IsZero() {
		l.since = time.Now()
		l.lock.Lock()
		l.status.Waiting = r.Timestamp
		l.lock.Unlock()
	}
}

// due tells whether the first record that waits for Flush has waited long enough.
func (l *line) due() bool {
	return !l.since.IsZero() && time.Since(l.since) >= l.config.FlushInterval
}

// flushIfDue flushes and acknowledges when it is time; false when the context ended.
func (l *line) flushIfDue(ctx context.Context) bool {
	if l.due() && !l.flush(ctx) {
		return false
	}
	return l.acknowledge(ctx)
}

// flush makes durable what was exported, and then acknowledges it; false when the context ended.
func (l *line) flush(ctx context.Context) bool {
	var metadata []byte
	ok := l.retry(ctx, "flush", func() (err error) {
		metadata, err = l.entry.Exporter.Flush(ctx)
		return err
	})
	if !ok {
		return false
	}
	l.lock.Lock()
	l.status.Flushed, l.status.Waiting = l.taken.position, 0
	l.status.Records += int64(l.count)
	l.lock.Unlock()
	l.count, l.since = 0, time.Time{}
	l.entry.Acknowledged = Position{l.taken.position, l.taken.index, metadata}
	return l.acknowledge(ctx)
}

// acknowledge tells the log how far the exporter has come, unless that was told just now or
// only acknowledgements came since: each is a record too, and would never end.
func (l *line) acknowledge(ctx context.Context) bool {
	flushed := l.entry.Acknowledged
	if flushed.Record <= l.acked.position || !l.worth || time.Since(l.ackAt) < l.config.AcknowledgeInterval {
		return true
	}
	if !l.retry(ctx, "acknowledge", func() error { return l.config.Acknowledge(ctx, l.entry.ID, flushed) }) {
		return false
	}
	l.acked, l.ackAt = mark{flushed.Record, flushed.Index}, time.Now()
	l.worth = l.taken.position > flushed.Record
	return true
}

// wait waits for the next entry, but not beyond the time of the next Flush or acknowledgement;
// false when the context ended.
func (l *line) wait(ctx context.Context) bool {
	waiting := ctx
	if !l.since.IsZero() || l.worth && l.entry.Acknowledged.Record > l.acked.position {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, l.untilDue())
		defer cancel()
	}
	return l.retry(ctx, "wait", func() error {
		err := l.config.Source.Wait(waiting, l.next)
		if waiting.Err() != nil {
			return ctx.Err()
		}
		return err
	})
}

// untilDue is the time until something is to be done although no entry comes.
func (l *line) untilDue() time.Duration {
	if !l.since.IsZero() {
		return max(0, l.config.FlushInterval-time.Since(l.since))
	}
	return max(0, l.config.AcknowledgeInterval-time.Since(l.ackAt))
}

// retry calls do until it succeeds, with growing waits; false when the context ended.
func (l *line) retry(ctx context.Context, what string, do func() error) bool {
	for backOff := min(firstBackOff, l.config.LongestBackOff); ; backOff = min(2*backOff, l.config.LongestBackOff) {
		if ctx.Err() != nil {
			return false
		}
		err := do()
		if err == nil {
			l.setFailure("")
			return true
		}
		if stopped(ctx, err) {
			return false
		}
		l.setFailure(what + ": " + err.Error())
		l.log.Warn("exporter does not get on; it tries again", "doing", what, "error", err, "in", backOff)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(backOff):
		}
	}
}

func (l *line) setFailure(text string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.status.Failure = text
	if text != "" {
		l.status.Failures++
	}
}
