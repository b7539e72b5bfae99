package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// payers is how many callers make payments at a time.
const payers = 64

// lookAgain is how long a caller waits before it asks for a payment's state again.
const lookAgain = 50 * time.Millisecond

// measurePayments makes payments over HTTP in a closed loop: POST /channel/transfer, then GET until it is COMMITTED, which the
// ledgers of both tenants have then in their durable books.
func measurePayments(ctx context.Context, b *bench) error {
	s, err := b.startPayhub(ctx, "dev")
	if err != nil {
		return err
	}
	defer s.end()
	before, err := s.metrics(ctx) // with the flows that are deployed at the start
	if err != nil {
		return err
	}
	warm, window := 3*time.Second, b.window(20*time.Second)
	c := &payer{
		base: "http://" + s.addresses["http"],
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: payers}},
		from: time.Now().Add(warm),
	}
	running, stop := context.WithDeadline(ctx, c.from.Add(window))
	defer stop()
	var all sync.WaitGroup
	for i := range payers {
		all.Go(func() { c.pay(running, i) })
	}
	if err := pause(ctx, warm); err != nil {
		return err
	}
	cpu := s.cpu()
	if b.profile {
		s.keepProfile("payments", window)
	}
	all.Wait()
	cpu = s.cpu() - cpu
	if c.err != nil {
		return c.err
	}
	if len(c.took) == 0 {
		return fmt.Errorf("no payment was COMMITTED within %v", window)
	}
	slices.Sort(c.took)
	after, err := s.metrics(ctx)
	if err != nil {
		return err
	}
	per := func(name string) float64 { return (after[name] - before[name]) / float64(c.made) }
	b.say("%d payments; %s", len(c.took), machine())
	b.table.add(
		figure{name: "payments/s over HTTP, both ledgers", unit: "/s", value: float64(len(c.took)) / window.Seconds(), higher: true, now: 100, aim: 300},
		figure{name: "a payment until COMMITTED is seen, p50", unit: "ms", value: milliseconds(c.took[len(c.took)/2])},
		figure{name: "a payment until COMMITTED is seen, p99", unit: "ms", value: milliseconds(c.took[len(c.took)*99/100])},
		figure{name: "CPU of payhub dev per payment", unit: "ms", value: milliseconds(cpu) / float64(len(c.took))},
		figure{name: "log per payment", unit: "KB", value: per("payhub_log_bytes_total") / 1024},
		figure{name: "commands per payment", value: per("payhub_partition_commands_total")},
	)
	return nil
}

// payer makes payments and remembers those that began after from.
type payer struct {
	base string
	http *http.Client
	from time.Time

	mu   sync.Mutex
	made int // in all, those of the warm-up too
	took []time.Duration
	err  error
}

// pay makes one payment after the other until the context ends.
func (c *payer) pay(ctx context.Context, caller int) {
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		err := c.one(ctx, fmt.Sprintf("bench-%d-%d", caller, i))
		c.mu.Lock()
		switch {
		case ctx.Err() != nil: // cut off by the end of the window
		case err != nil:
			c.err = err
		case began.After(c.from):
			c.took = append(c.took, time.Since(began))
		}
		c.made++ // one that was cut off counts as one: it is in the log for the most part
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// one makes one payment of a cent and waits for it.
func (c *payer) one(ctx context.Context, id string) error {
	const body = `{"payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"27710101999"}},` +
		`"payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"27713803912"}},` +
		`"amount":{"amount":"0.01","currency":"USD"}}`
	var created struct{ TransactionID string }
	if err := c.call(ctx, http.MethodPost, "/channel/transfer", id, body, &created); err != nil {
		return err
	}
	for {
		var shown struct{ TransferState string }
		if err := c.call(ctx, http.MethodGet, "/channel/transfer/"+created.TransactionID, id, "", &shown); err != nil {
			return err
		}
		switch shown.TransferState {
		case "COMMITTED":
			return nil
		case "RECEIVED", "RESERVED", "": // on its way
		default:
			return fmt.Errorf("payment %s is %s", created.TransactionID, shown.TransferState)
		}
		if err := pause(ctx, lookAgain); err != nil {
			return err
		}
	}
}

func (c *payer) call(ctx context.Context, method, path, id, body string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Platform-TenantId", "greenbank")
	request.Header.Set("X-CorrelationID", id)
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	return json.Unmarshal(text, into)
}
