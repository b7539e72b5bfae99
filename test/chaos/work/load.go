package work

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/payhub/payhub/test/chaos/history"
)

// Rates say how much is asked for per second, of each kind.
type Rates struct{ Payments, Timers, Messages, Starts float64 }

// LongestWait is how long the longest timers and the latest messages are waited for.
const LongestWait = 8 * time.Second

// Load is clients at work. Each request is begun when its time has come, however long earlier ones take.
type Load struct {
	*Doors
	ctx     context.Context
	stop    chan struct{}
	sources sync.WaitGroup // of new work
	clients sync.WaitGroup // under way

	mu       sync.Mutex
	payments []string // transactions that were acknowledged
	waiting  []waiting
}

// waiting is an instance that waits.
type waiting struct {
	work history.Work
	key  string
}

// Start lets clients work at the given rates until Finish. The seed makes the choices.
func (d *Doors) Start(ctx context.Context, seed uint64, r Rates) *Load {
	l := &Load{Doors: d, ctx: ctx, stop: make(chan struct{})}
	l.source(seed, 1, r.Payments, "pay", l.pay)
	l.source(seed, 2, r.Timers, "timer", func(dice *rand.Rand, key string) {
		l.Begin(ctx, dice, history.Timer, key, time.Duration(dice.Int64N(int64(LongestWait))))
		l.await(history.Timer, key)
	})
	l.source(seed, 3, r.Messages, "message", l.converse)
	l.source(seed, 4, r.Starts, "start", func(dice *rand.Rand, key string) { l.Tell(ctx, dice, history.Start, key) })
	l.source(seed, 5, r.Payments, "look", func(dice *rand.Rand, _ string) { l.lookBack(dice) })
	return l
}

// source begins work at a rate, at random distances.
func (l *Load) source(seed, stream uint64, rate float64, name string, do func(*rand.Rand, string)) {
	if rate == 0 {
		return
	}
	dice := rand.New(rand.NewPCG(seed, stream))
	l.sources.Go(func() {
		next := time.Now()
		for n := 0; ; n++ {
			next = next.Add(time.Duration(dice.ExpFloat64() / rate * float64(time.Second)))
			select {
			case <-l.stop:
				return
			case <-l.ctx.Done():
				return
			case <-time.After(time.Until(next)):
			}
			own, key := rand.New(rand.NewPCG(dice.Uint64(), uint64(n))), fmt.Sprintf("%s-%d", name, n)
			l.clients.Go(func() { do(own, key) })
		}
	})
}

// pay makes one payment; some are sent again, with the same or another body.
func (l *Load) pay(dice *rand.Rand, key string) {
	o := draw(dice)
	transaction := l.PayUntilAcknowledged(l.ctx, dice, key, o)
	if transaction == "" {
		return
	}
	l.mu.Lock()
	l.payments = append(l.payments, transaction)
	l.mu.Unlock()
	switch dice.IntN(20) {
	case 0:
		l.Pay(l.ctx, l.pick(dice), key, body(key, o), nil)
	case 1:
		l.Pay(l.ctx, l.pick(dice), key, body(key, history.Order{Cents: o.Cents + 1}), nil)
	}
}

// converse starts an instance that waits for a message, and publishes the message, before or after, from another node.
func (l *Load) converse(dice *rand.Rand, key string) {
	tell := func() { l.Tell(l.ctx, rand.New(rand.NewPCG(1, dice.Uint64())), history.Message, key) }
	switch dice.IntN(3) {
	case 0: // the message is there before
		tell()
		l.Begin(l.ctx, dice, history.Message, key, 0)
	case 1: // both at once
		var told sync.WaitGroup
		told.Go(tell)
		l.Begin(l.ctx, rand.New(rand.NewPCG(2, 0)), history.Message, key, 0)
		told.Wait()
	default: // the instance waits
		l.Begin(l.ctx, dice, history.Message, key, 0)
		rest(l.ctx, time.Duration(dice.Int64N(int64(LongestWait))))
		tell()
	}
	l.await(history.Message, key)
}

func (l *Load) await(w history.Work, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, waiting{w, key})
}

// lookBack asks for a payment of before.
func (l *Load) lookBack(dice *rand.Rand) {
	l.mu.Lock()
	transaction := ""
	if n := len(l.payments); n > 0 {
		transaction = l.payments[max(0, n-1-dice.IntN(200))]
	}
	l.mu.Unlock()
	if transaction != "" {
		l.Show(l.ctx, l.pick(dice), transaction)
	}
}

// Acknowledged is how many payments and waiting instances were acknowledged so far.
func (l *Load) Acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.payments) + len(l.waiting)
}

// settlers is how many look at once at what became of the work.
const settlers = 8

// Finish ends new work, waits for what is under way, and looks at everything that was acknowledged until it has ended or the
// deadline is over. It says how much had not ended.
func (l *Load) Finish(deadline time.Time) (open int) {
	close(l.stop)
	l.sources.Wait()
	done := make(chan struct{})
	go func() {
		l.clients.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Until(deadline)):
	}
	l.mu.Lock()
	var looks []func(*Door) bool // true: it has ended
	for _, t := range l.payments {
		looks = append(looks, func(door *Door) bool {
			state := l.Show(l.ctx, door, t)
			return state == "COMMITTED" || state == "ABORTED"
		})
	}
	for _, w := range l.waiting {
		looks = append(looks, func(door *Door) bool {
			state, _ := l.Look(l.ctx, door, w.work, w.key)
			return state == "COMPLETED" || state == "TERMINATED"
		})
	}
	l.mu.Unlock()
	return l.settle(looks, deadline)
}

// settle looks at each until it has ended or the time is over, and says how many had not.
func (l *Load) settle(looks []func(*Door) bool, deadline time.Time) (open int) {
	var mu sync.Mutex
	var all sync.WaitGroup
	queue := make(chan func(*Door) bool, len(looks))
	for _, look := range looks {
		queue <- look
	}
	close(queue)
	for i := range settlers {
		dice := rand.New(rand.NewPCG(uint64(i), 0))
		all.Go(func() {
			for look := range queue {
				ended := look(l.pick(dice))
				for !ended && time.Now().Before(deadline) && rest(l.ctx, 100*time.Millisecond) {
					ended = look(l.pick(dice))
				}
				if !ended {
					mu.Lock()
					open++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return open
}

// Any is a payment that was acknowledged, "" while there is none.
func (l *Load) Any() (transaction string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.payments) == 0 {
		return ""
	}
	return l.payments[0]
}

// PayAlso makes a payment beside the load's own, until it is acknowledged; it is followed to its end as those are.
func (l *Load) PayAlso(dice *rand.Rand, key string, o history.Order) {
	l.follow(l.PayUntilAcknowledged(l.ctx, dice, key, o))
}

// PayOnce sends a payment beside the load's own, once, and gives the HTTP status; 0 is no answer. If it is acknowledged, it is
// followed to its end.
func (l *Load) PayOnce(door *Door, key string, o history.Order) (status int) {
	status, transaction := l.Pay(l.ctx, door, key, body(key, o), &o)
	if status == http.StatusOK {
		l.follow(transaction)
	}
	return status
}

// follow has the end of a payment awaited.
func (l *Load) follow(transaction string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if transaction != "" && !slices.Contains(l.payments, transaction) {
		l.payments = append(l.payments, transaction)
	}
}
