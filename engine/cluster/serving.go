package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/nodepb"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/metadata"
)

// serving is the other end of a peer's lane: it has the commands decided and answers them, packed
// as they become ready.
type serving struct {
	r    *Router
	peer string          // its server id
	lane string          // tells this connection from others
	ctx  context.Context // ends with the connection
	wake chan struct{}

	commands chan item // to goroutines that wait for one
	idle     atomic.Int64

	mu      sync.Mutex
	room    *sync.Cond // signalled when pending was written
	pending []byte
	long    map[uint64]context.CancelFunc // commands that are answered late, by id
	streams map[uint64]pushing            // job streams of the peer's workers, by number

	tasks sync.WaitGroup
}

// Commands implements nodepb.NodeServer.
func (s *service) Commands(stream nodepb.Node_CommandsServer) error {
	peer, err := introducedAs(stream.Context())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	v := &serving{r: s.r, peer: peer, lane: metadataOf(ctx, laneKey), ctx: ctx, wake: make(chan struct{}, 1), commands: make(chan item), long: map[uint64]context.CancelFunc{}}
	v.room, v.streams = sync.NewCond(&v.mu), map[uint64]pushing{}
	s.r.handed.begin(peer, v.lane, metadataOf(ctx, previousKey))
	defer s.r.handed.end(peer, v.lane)
	s.r.roster.serves(v)
	defer s.r.roster.servesNoMore(v)
	v.tasks.Go(func() {
		defer cancel()
		v.write(stream)
	})
	err = v.read(stream)
	cancel()
	v.room.Broadcast()
	v.tasks.Wait()
	return err
}

// maxAnswers is how many bytes of answers may wait for a slow peer before its commands do, too.
const maxAnswers = 16 << 20

// read takes items until the connection ends.
func (v *serving) read(stream nodepb.Node_CommandsServer) error {
	for {
		frame, err := stream.Recv()
		if err != nil {
			return err
		}
		for rest := frame.GetItems(); len(rest) > 0; {
			var it item
			if it, rest, err = nextItem(rest); err != nil {
				return err
			}
			v.take(it)
		}
		v.mu.Lock()
		for len(v.pending) > maxAnswers && v.ctx.Err() == nil {
			v.room.Wait()
		}
		v.mu.Unlock()
	}
}

// metadataOf is one value of a call's metadata; empty if there is none.
func metadataOf(ctx context.Context, key string) string {
	if values := metadata.ValueFromIncomingContext(ctx, key); len(values) == 1 {
		return values[0]
	}
	return ""
}

// take sees to one item. What waits for a partition does so in a goroutine of its own.
func (v *serving) take(it item) {
	switch it.kind {
	case itemCommand:
		v.employ(it)
	case itemQuery:
		v.tasks.Go(func() { v.query(it) })
	case itemPost:
		v.post(it)
	case itemForget:
		v.mu.Lock()
		cancel := v.long[it.id]
		v.mu.Unlock()
		if cancel != nil {
			cancel()
		}
	case itemAwait:
		var jobType string
		it.rest.String(&jobType)
		v.r.notices.ask(v, jobType)
	case itemPing:
		v.answer(itemPong, 0, nil)
	case itemOpen:
		v.openStream(&it)
	case itemGrant:
		v.grant(&it)
	case itemClose:
		v.closeStream(&it)
	case itemGot:
		v.got(&it)
	default:
		v.fail(it.id, fmt.Errorf("%w: an item of the unknown kind %d: this node may have an older version", ErrUnavailable, it.kind))
	}
}

// maxIdle is how many goroutines wait for commands, at most.
const maxIdle = 128

// employ has a command seen to by a goroutine that waits for one, whose stack has grown already, or by
// a new one.
func (v *serving) employ(it item) {
	select {
	case v.commands <- it:
		return
	default:
	}
	v.tasks.Go(func() {
		for {
			v.command(it)
			if v.idle.Add(1) > maxIdle {
				v.idle.Add(-1)
				return
			}
			select {
			case it = <-v.commands:
				v.idle.Add(-1)
			case <-v.ctx.Done():
				return
			}
		}
	})
}

// command has a command decided here.
func (v *serving) command(it item) {
	var id int32
	var command record.Record
	it.rest.Int32(&id)
	codeRecord(&it.rest, &command)
	if err := it.rest.Err(); err != nil {
		v.fail(it.id, fmt.Errorf("%w: the command cannot be read: %w", ErrUnavailable, err))
		return
	}
	ctx := v.ctx
	if command.ValueType == record.JobBatchValue {
		ctx = v.r.ctx // what it leases must be known here when the connection is lost, to be handed back
	}
	if answeredLate(&command) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		v.keep(it.id, cancel)
		defer v.drop(it.id, cancel)
	}
	local, err := v.r.lead(id)
	if err != nil {
		v.refuse(it.id, id, err)
		return
	}
	answer, err := local.Submit(ctx, command)
	if err = meaning(&command, err); err != nil {
		v.refuse(it.id, id, err)
		return
	}
	if batch, ok := answer.Value.(*record.JobBatch); ok && len(batch.JobKeys) > 0 {
		v.handBatch(it.id, id, &answer)
		return
	}
	v.answer(itemAnswer, it.id, func(c *record.Codec) { codeRecord(c, &answer) })
}

func (v *serving) keep(id uint64, cancel context.CancelFunc) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.long[id] = cancel
}

func (v *serving) drop(id uint64, cancel context.CancelFunc) {
	v.mu.Lock()
	delete(v.long, id)
	v.mu.Unlock()
	cancel()
}

// post hands on a command that nobody waits for.
func (v *serving) post(it item) {
	var id int32
	var command record.Record
	it.rest.Int32(&id)
	codeRecord(&it.rest, &command)
	if it.rest.Err() != nil {
		return
	}
	if local, err := v.r.lead(id); err == nil {
		local.Post(command)
	}
}

// query answers a question from the state of a partition that is led here.
func (v *serving) query(it item) {
	var id int32
	var name string
	var body []byte
	it.rest.Int32(&id)
	it.rest.String(&name)
	it.rest.Blob(&body)
	if err := it.rest.Err(); err != nil {
		v.fail(it.id, err)
		return
	}
	local, err := v.r.lead(id)
	var result []byte
	if err == nil {
		result, err = ask(v.ctx, local, name, body)
	}
	if err != nil {
		v.refuse(it.id, id, err)
		return
	}
	v.answer(itemResult, it.id, func(c *record.Codec) { c.Blob(&result) })
}

// refuse answers with an error, and where this node does not lead with who does.
func (v *serving) refuse(item uint64, partition int32, err error) {
	hint := v.r.table.leader(partition)
	v.put(func(frame []byte) []byte { return appendError(frame, item, err, hint) })
}

func (v *serving) fail(item uint64, err error) {
	v.put(func(frame []byte) []byte { return appendError(frame, item, err, leadership{}) })
}

func (v *serving) answer(k kind, id uint64, fields func(*record.Codec)) {
	v.put(func(frame []byte) []byte { return appendItem(frame, k, id, fields) })
}

// put leaves an item for the writer.
func (v *serving) put(add func([]byte) []byte) {
	v.mu.Lock()
	v.pending = add(v.pending)
	v.mu.Unlock()
	v.wakeUp()
}

func (v *serving) wakeUp() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// write sends what is ready until the connection ends.
func (v *serving) write(stream nodepb.Node_CommandsServer) {
	var spare []byte
	var told time.Time
	for {
		select {
		case <-v.wake:
		case <-v.ctx.Done():
			return
		}
		runtime.Gosched() // answers that are ready now get into the same frame
		v.mu.Lock()
		frame := v.pending
		v.pending = spare[:0]
		v.mu.Unlock()
		v.room.Broadcast()
		if now := time.Now(); now.Sub(told) > tellLoads {
			told = now
			frame = v.r.loads.append(frame, v.r.view.Load().locals)
		}
		if len(frame) == 0 {
			spare = frame
			continue
		}
		if err := stream.Send(&nodepb.Frame{Items: frame}); err != nil {
			return
		}
		if spare = frame; cap(spare) > maxSpare {
			spare = nil
		}
	}
}

// answeredLate tells whether a command's answer may come long after it is committed.
func answeredLate(command *record.Record) bool {
	return command.ValueType == record.ProcessInstanceCreationValue &&
		command.Intent == record.ProcessInstanceCreationCreateWithAwaitingResult
}

// meaning gives a partition's error about a command its meaning. A partition that stops while a
// command waits for its late answer may have committed the command before.
func meaning(command *record.Record, err error) error {
	if err == nil {
		return nil
	}
	if answeredLate(command) && errors.Is(err, partition.ErrStopped) {
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return translate(err)
}
