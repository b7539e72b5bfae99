package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// load is the clients of a run.
type load struct {
	*caller
	promised promised
	weight   int           // bytes that each request carries beside the payment
	pause    time.Duration // of a client between two payments, on average
	stop     chan struct{} // no new payments
	clients  sync.WaitGroup
}

// start lets n clients pay and one look at payments, until stop is closed.
func (l *load) start(ctx context.Context, seed uint64, n int) {
	for id := range n {
		l.clients.Go(func() { l.pay(ctx, id, rand.New(rand.NewPCG(seed, uint64(id)))) })
	}
	l.clients.Go(func() { l.watch(ctx, rand.New(rand.NewPCG(seed, 1<<32))) })
}

// stopped pauses, and tells whether the load is over.
func (l *load) stopped(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-l.stop:
		return true
	case <-ctx.Done():
		return true
	case <-t.C:
		return false
	}
}

// pay makes one payment after the other. A payment that was once sent is repeated until it is acknowledged, also after the load
// is over.
func (l *load) pay(ctx context.Context, id int, dice *rand.Rand) {
	for n := 0; !l.stopped(ctx, time.Duration(dice.ExpFloat64()*float64(l.pause))); n++ {
		o := newOrder(dice)
		key := fmt.Sprintf("client-%d-%d", id, n)
		body := o.body(key, l.weight)
		if !l.insist(ctx, key, body, o) {
			return
		}
		switch dice.IntN(20) {
		case 0:
			l.create(ctx, key, body, nil)
		case 1:
			l.create(ctx, key, order{Cents: o.Cents + 1}.body(key, l.weight), nil)
		}
	}
}

// insist sends a payment until it is acknowledged; false when the run ends before, or it is refused.
func (l *load) insist(ctx context.Context, key, body string, o order) bool {
	first := &o
	for ctx.Err() == nil {
		if l.base.Load() != nil {
			status, transaction := l.create(ctx, key, body, first)
			first = nil
			switch {
			case status == http.StatusOK:
				l.promised.add(promise{key, body, transaction})
				return true
			case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
				return true // the checker says that it must not be
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// watch looks at payments and repeats old ones, so that changed answers are seen.
func (l *load) watch(ctx context.Context, dice *rand.Rand) {
	for !l.stopped(ctx, 15*time.Millisecond) {
		if p, ok := l.promised.draw(dice); ok {
			_, _ = l.poll(ctx, p.transaction) // while the program is down nobody answers
		}
	}
}

// repeat sends old payments again, as they were and with another body: after a restart the answers must be those of before.
func (l *load) repeat(ctx context.Context, dice *rand.Rand, n int) {
	for range n {
		if p, ok := l.promised.draw(dice); ok {
			l.create(ctx, p.key, p.body, nil)
			l.create(ctx, p.key, order{Cents: 777}.body(p.key, l.weight), nil)
		}
	}
}
