package cluster

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/delivery"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// couriers carry the mail of the partitions that this node leads to the others.
type couriers struct {
	r *Router

	mu  sync.Mutex
	all map[int32]*courier
}

func newCouriers(r *Router) *couriers { return &couriers{r: r, all: map[int32]*courier{}} }

// courier carries the mail of one partition while this node leads it.
type courier struct {
	r      *Router
	id     int32
	mail   *delivery.Courier // the goroutine's own
	cancel context.CancelFunc
	wake   chan struct{}

	mu       sync.Mutex
	sent     []record.Send // not given to mail yet
	reports  []report
	announce []int32 // partitions that have a new leader
}

// report is what became of a parcel.
type report struct {
	to       int32
	received *record.Delivery // nil: it failed
	err      error
}

// parcelTimeout is how long a parcel waits for the receiver's answer before it is sent again.
const parcelTimeout = 10 * time.Second

// led starts the courier of a partition with its outbox, or ends it.
func (c *couriers) led(id int32, leads bool, machine partition.Machine) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.all[id]; old != nil {
		old.cancel()
		delete(c.all, id)
	}
	outbox, ok := machine.(interface {
		Outbox(visit func(to int32, send *record.Send) bool)
	})
	if !leads || !ok {
		return
	}
	ctx, cancel := context.WithCancel(c.r.ctx)
	k := &courier{r: c.r, id: id, mail: delivery.New(id), cancel: cancel, wake: make(chan struct{}, 1)}
	var sends []record.Send
	outbox.Outbox(func(_ int32, send *record.Send) bool {
		sends = append(sends, *send)
		return true
	})
	k.mail.Load(sends)
	if c.r.spawn(func() { k.run(ctx) }) {
		c.all[id] = k
	} else {
		cancel()
	}
}

// deliver gives something to a partition's courier.
func (c *couriers) leave(id int32, what func(*courier)) {
	c.mu.Lock()
	k := c.all[id]
	c.mu.Unlock()
	if k != nil {
		k.leave(what)
	}
}

// sentNow takes what a partition has committed just now.
func (c *couriers) sentNow(id int32, sends []record.Send) {
	c.leave(id, func(k *courier) { k.sent = append(k.sent, sends...) })
}

// available says that a partition has a new leader: what waits for it goes out.
func (c *couriers) available(to int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.all {
		k.leave(func(k *courier) { k.announce = append(k.announce, to) })
	}
}

func (k *courier) leave(what func(*courier)) {
	k.mu.Lock()
	what(k)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// run carries mail until the partition is no longer led here. Each parcel has a goroutine that
// waits for the receiver; there is one per target at most.
func (k *courier) run(ctx context.Context) {
	defer k.cancel()
	var flying sync.WaitGroup
	defer flying.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now().UnixMilli()
		k.look(now)
		for _, parcel := range k.mail.Next(now) {
			flying.Go(func() { k.fly(ctx, parcel) })
		}
		for _, command := range k.mail.Acknowledge(now) {
			if local := k.r.view.Load().locals[k.id]; local != nil {
				local.Post(command)
			}
		}
		timer.Stop()
		if due := k.mail.Due(); due != math.MaxInt64 {
			timer.Reset(time.Duration(min(max(due-now, 1), 10_000)) * time.Millisecond)
		}
		select {
		case <-k.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// look gives the courier what others left.
func (k *courier) look(now int64) {
	k.mu.Lock()
	sent, reports, announce := k.sent, k.reports, k.announce
	k.sent, k.reports, k.announce = nil, nil, nil
	k.mu.Unlock()
	k.mail.Sent(sent)
	for _, r := range reports {
		if r.received != nil {
			k.mail.Delivered(r.to, r.received, now)
			continue
		}
		k.mail.Failed(r.to, errors.Is(r.err, partition.ErrQuarantined), now)
	}
	for _, to := range announce {
		k.mail.Available(to)
	}
}

// fly takes a parcel to its receiver. It may be sent again whatever the error: the receiver's log
// knows what it has had.
func (k *courier) fly(ctx context.Context, parcel delivery.Parcel) {
	ctx, cancel := context.WithTimeout(ctx, parcelTimeout)
	defer cancel()
	answer, err := k.r.SubmitNow(ctx, parcel.To, record.NewCommand(-1, record.DeliveryReceive, parcel.Delivery))
	received, _ := answer.Value.(*record.Delivery)
	if answer.IsRejection() {
		received = nil
		k.r.config.Logger.Error("a partition refuses mail of another", "from", k.id, "to", parcel.To,
			"first", parcel.Delivery.First, "reason", answer.RejectionReason)
	}
	k.leave(func(k *courier) { k.reports = append(k.reports, report{parcel.To, received, err}) })
}

// close ends all couriers.
func (c *couriers) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.all {
		k.cancel()
	}
}
