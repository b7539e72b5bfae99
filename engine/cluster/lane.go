package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/nodepb"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/metadata"
)

// lane is one life of the stream on which this node sends commands and questions to a peer. What
// waits is packed into one frame while the frame before it is being written.
type lane struct {
	r      *Router
	server string
	cancel context.CancelFunc
	wake   chan struct{} // something waits to be written
	done   chan struct{} // the lane has ended

	mu      sync.Mutex
	pending []byte           // items that nobody has begun to write
	written uint64           // ids up to here were handed to the connection, in whole or in part
	lastID  uint64           //
	under   map[uint64]*call // under way
	heard   time.Time        // when the peer last said something
	ended   error            // why the lane takes nothing any more
	endedAt time.Time
	streams map[uint64]*source // job streams at the peer, by number
	got     uint64             // the last token of something handed over that arrived here

	id        string    // tells this life from others
	receipts  *receipts // of jobs that workers here have received
	connected bool      // the peer was heard
	carried   bool      // something was handed to the connection
	before    string    // what the lanes before this one had got: see previous
}

// call is a caller that waits for an answer.
type call struct {
	id        uint64
	partition int32
	answer    record.Record
	result    []byte
	err       error
	done      chan struct{}
}

var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

// free gives a call back whose answer was received or that was never under way.
func (c *call) free() {
	*c = call{done: c.done}
	calls.Put(c)
}

// errLane is why everything fails that is sent to a peer that cannot be reached.
func errLane(server string, cause error) error {
	return fmt.Errorf("no connection to node %s: %w", server, cause)
}

// openLane starts a lane over the client; what is sent before it is connected waits.
func openLane(r *Router, server string, client nodepb.NodeClient, before string, receipts *receipts) *lane {
	ctx, cancel := context.WithCancel(r.ctx)
	l := &lane{
		r: r, server: server, cancel: cancel, under: map[uint64]*call{}, heard: time.Now(),
		wake: make(chan struct{}, 1), done: make(chan struct{}), streams: map[uint64]*source{},
		id: rand.Text(), before: before, receipts: receipts,
	}
	if !r.spawn(func() { l.run(ctx, client) }) {
		cancel()
		l.fail(errLane(server, errClosed))
	}
	return l
}

// submit sends a command and waits for the answer, or for the end of the waiting.
func (l *lane) submit(ctx context.Context, partition int32, command record.Record) (record.Record, error) {
	c := calls.Get().(*call)
	err := l.put(c, itemCommand, partition, func(codec *record.Codec) { codeRecord(codec, &command) })
	if err == nil {
		err = l.await(ctx, c)
	}
	if err != nil {
		return record.Record{}, err
	}
	answer, err := c.answer, c.err
	c.free()
	return answer, err
}

// query sends a question and waits for the answer.
func (l *lane) query(ctx context.Context, partition int32, name string, body []byte) ([]byte, error) {
	c := calls.Get().(*call)
	err := l.put(c, itemQuery, partition, func(codec *record.Codec) {
		codec.String(&name)
		codec.Blob(&body)
	})
	if err == nil {
		err = l.await(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	result, err := c.result, c.err
	c.free()
	return result, err
}

// put leaves an item for the writer. An error means that it surely is not sent.
func (l *lane) put(c *call, k kind, partition int32, fields func(*record.Codec)) error {
	l.mu.Lock()
	err := l.room()
	if err == nil {
		l.lastID++
		c.id, c.partition = l.lastID, partition
		l.under[c.id] = c
		l.pending = appendItem(l.pending, k, c.id, func(codec *record.Codec) {
			codec.Int32(&partition)
			fields(codec)
		})
	}
	l.mu.Unlock()
	if err != nil {
		c.free()
		return err
	}
	l.wakeUp()
	return nil
}

// room is the reason not to take one more call.
func (l *lane) room() error {
	limits := &l.r.config
	switch {
	case l.ended != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, l.ended)
	case len(l.under) >= limits.MaxUnderWay:
		return fmt.Errorf("%w: %d commands are under way from node %s to node %s; send less or more slowly",
			ErrOverloaded, len(l.under), l.r.config.ServerID, l.server)
	case len(l.pending) >= limits.MaxUnwritten:
		return fmt.Errorf("%w: %d bytes of commands wait for the connection from node %s to node %s; send less or more slowly",
			ErrOverloaded, len(l.pending), l.r.config.ServerID, l.server)
	}
	return nil
}

// say leaves an item that nobody waits for an answer to; it may get lost.
func (l *lane) say(k kind, fields func(*record.Codec)) bool {
	l.mu.Lock()
	taken := l.ended == nil && len(l.pending) < l.r.config.MaxUnwritten
	if taken {
		l.pending = appendItem(l.pending, k, 0, fields)
	}
	l.mu.Unlock()
	if taken {
		l.wakeUp()
	}
	return taken
}

func (l *lane) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// await waits until the call is answered. The context ends the waiting only; the peer is told, so
// that nothing there waits for the end of a long instance.
func (l *lane) await(ctx context.Context, c *call) error {
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	_, waits := l.under[c.id]
	if waits {
		delete(l.under, c.id)
		l.pending = appendItem(l.pending, itemForget, c.id, nil)
	}
	l.mu.Unlock()
	if !waits { // answered at the same moment
		<-c.done
		return nil
	}
	l.wakeUp()
	c.free()
	return ctx.Err()
}

// run connects, writes, reads and watches, until the first of them ends.
func (l *lane) run(ctx context.Context, client nodepb.NodeClient) {
	stream, err := client.Commands(metadata.AppendToOutgoingContext(l.r.roster.introduced(ctx), laneKey, l.id, previousKey, l.before))
	if err == nil {
		ends := make(chan error, 3) // the first says why
		var group sync.WaitGroup
		group.Go(func() { ends <- l.read(stream); l.cancel() })
		group.Go(func() { ends <- l.watch(ctx); l.cancel() })
		ends <- l.write(ctx, stream)
		l.cancel()
		group.Wait()
		err = <-ends
	}
	l.cancel()
	if errors.Is(err, errSilent) {
		l.r.roster.renew(l.server)
	}
	l.fail(errLane(l.server, err))
}

// write sends what waits until the connection or the node ends.
func (l *lane) write(ctx context.Context, stream nodepb.Node_CommandsClient) error {
	var spare []byte
	l.receipt(true)
	for {
		select {
		case <-l.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
		runtime.Gosched() // callers that are ready now get into the same frame
		l.receipt(false)
		l.mu.Lock()
		frame := l.pending
		l.pending, l.written = spare[:0], l.lastID
		l.carried = l.carried || len(frame) > 0
		l.mu.Unlock()
		if len(frame) == 0 {
			spare = frame
			continue
		}
		if err := stream.Send(&nodepb.Frame{Items: frame}); err != nil {
			return err
		}
		if spare = frame; cap(spare) > maxSpare {
			spare = nil
		}
	}
}

// receipt leaves what there is to say about jobs that workers have received.
func (l *lane) receipt(again bool) {
	if tokens := l.receipts.next(again); len(tokens) > 0 {
		l.say(itemGot, func(c *record.Codec) { codeTokens(c, &tokens) })
	}
}

// maxSpare is the largest buffer that is kept to be used again.
const maxSpare = 1 << 20

// watch gives the connection up when the peer is silent, even while a frame cannot be written.
func (l *lane) watch(ctx context.Context) error {
	look := time.NewTicker(l.r.config.Silence / 6)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if err := l.listen(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errSilent is why a connection is given up whose other end says nothing.
var errSilent = errors.New("the node says nothing")

// listen gives up a peer that says nothing although calls are under way, and pings it before. So it does
// where jobs may come: a connection over a network that was cut comes to life again by TCP's clock only,
// and its workers would wait that long.
func (l *lane) listen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.under) == 0 && len(l.streams) == 0 {
		l.heard = time.Now()
		return nil
	}
	if silent := time.Since(l.heard); silent > l.r.config.Silence {
		return fmt.Errorf("%w for %v although %d commands are under way and %d job streams are open", errSilent, silent.Round(time.Millisecond), len(l.under), len(l.streams))
	}
	l.pending = appendItem(l.pending, itemPing, 0, nil)
	l.wakeUp()
	return nil
}

// read takes answers until the connection ends.
func (l *lane) read(stream nodepb.Node_CommandsClient) error {
	for {
		frame, err := stream.Recv()
		if err != nil {
			return err
		}
		l.mu.Lock()
		l.heard, l.connected = time.Now(), true
		l.mu.Unlock()
		for rest := frame.GetItems(); len(rest) > 0; {
			var it item
			if it, rest, err = nextItem(rest); err != nil {
				return err
			}
			if err := l.take(&it); err != nil {
				return err
			}
		}
	}
}

// take sees to one item from the peer.
func (l *lane) take(it *item) error {
	if it.id == 0 {
		return l.news(it)
	}
	l.mu.Lock()
	c := l.under[it.id]
	delete(l.under, it.id)
	l.mu.Unlock()
	if it.kind == itemBatch {
		if err := l.batch(it, c); err != nil {
			return l.unreadable(c, err)
		}
		return nil
	}
	if c == nil {
		return nil // its caller has left
	}
	switch it.kind {
	case itemAnswer:
		codeRecord(&it.rest, &c.answer)
	case itemResult:
		it.rest.Blob(&c.result)
	default:
		var hint leadership
		hint, c.err = readError(it, l.server)
		l.r.learn(c.partition, hint)
	}
	if err := it.rest.Err(); err != nil {
		return l.unreadable(c, err)
	}
	c.done <- struct{}{}
	return nil
}

// unreadable ends a call whose answer cannot be read: it was answered, so it may have been executed.
// The connection goes on.
func (l *lane) unreadable(c *call, err error) error {
	if c != nil {
		c.err = fmt.Errorf("%w: the answer of node %s cannot be read: %w", ErrOutcomeUnknown, l.server, err)
		c.done <- struct{}{}
	}
	return nil
}

// legacy is what the next lane to the peer says that this one had got. One on which the peer was not heard
// speaks for those before it, too.
func (l *lane) legacy() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch own := previous(l.id, l.got); {
	case l.connected:
		return own
	case !l.carried: // so nothing can have been handed over
		return l.before
	default:
		all := append(strings.Fields(l.before), own)
		return strings.Join(all[:min(len(all), maxPrevious)], " ")
	}
}

// news is what the peer says by itself.
func (l *lane) news(it *item) error {
	switch it.kind {
	case itemNotice:
		var jobType string
		it.rest.String(&jobType)
		if it.rest.Err() == nil {
			l.r.notices.noticed(l.server, jobType)
		}
	case itemLoads:
		l.r.loads.read(&it.rest)
	case itemJob:
		return l.job(it)
	case itemStreamEnded:
		return l.streamEnded(it)
	}
	return it.rest.Err()
}

// fail ends the lane: calls that were surely not written are ErrUnavailable, those that may have
// been are ErrOutcomeUnknown.
func (l *lane) fail(cause error) {
	l.mu.Lock()
	l.ended, l.endedAt = cause, time.Now()
	under, streams := l.under, l.streams
	l.under, l.pending, l.streams = nil, nil, nil
	l.mu.Unlock()
	for id, c := range under {
		if id > l.written {
			c.err = fmt.Errorf("%w: %w", ErrUnavailable, cause)
		} else {
			c.err = fmt.Errorf("%w: %w while the command was under way", ErrOutcomeUnknown, cause)
		}
		c.done <- struct{}{}
	}
	close(l.done)
	for _, s := range streams {
		s.g.lost(s, cause)
	}
	l.r.notices.lost(l.server)
}

// abandonAfter is how long the old leader of a partition may take to answer what is under way to it.
const abandonAfter = 250 * time.Millisecond

// lastNumber is the number of the newest call.
func (l *lane) lastNumber() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lastID
}

// abandon ends the calls to a partition through a number: their outcome is unknown.
func (l *lane) abandon(partition int32, through uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, c := range l.under {
		if id > through || c.partition != partition {
			continue
		}
		delete(l.under, id)
		c.err = fmt.Errorf("%w: node %s no longer leads partition %d and did not answer", ErrOutcomeUnknown, l.server, partition)
		c.done <- struct{}{}
	}
}

// busy tells whether somebody waits for an answer.
func (l *lane) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.under) > 0
}

// over tells whether the lane has ended.
func (l *lane) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}
