package cluster

import (
	"context"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// pushing is a job stream of a peer's worker at a partition that is led here.
type pushing struct {
	stream *partition.Stream
	cancel context.CancelFunc
}

// openStream registers a worker of the peer.
func (v *serving) openStream(it *item) {
	var number uint64
	var id int32
	var request StreamRequest
	it.rest.Uint(&number)
	it.rest.Int32(&id)
	codeStream(&it.rest, &request)
	if it.rest.Err() != nil {
		return
	}
	local, err := v.r.lead(id)
	var stream *partition.Stream
	if err == nil {
		stream, err = local.OpenStream(request)
	}
	if err != nil {
		v.streamEnded(number, id, err)
		return
	}
	ctx, cancel := context.WithCancel(v.ctx)
	v.mu.Lock()
	v.streams[number] = pushing{stream, cancel}
	v.mu.Unlock()
	v.tasks.Go(func() {
		defer cancel()
		v.push(ctx, stream, number, id)
	})
}

// push sends the jobs of one stream until it is closed, the partition changes its leader, or the
// connection ends.
func (v *serving) push(ctx context.Context, stream *partition.Stream, number uint64, id int32) {
	defer stream.Close()
	for {
		job, err := stream.Recv(ctx)
		if err != nil {
			v.mu.Lock()
			_, open := v.streams[number]
			delete(v.streams, number)
			v.mu.Unlock()
			if open {
				v.streamEnded(number, id, err)
			}
			return
		}
		v.hand(id, []StreamedJob{job}, func(frame []byte, token uint64) []byte {
			return appendItem(frame, itemJob, 0, func(c *record.Codec) {
				c.Uint(&token)
				c.Uint(&number)
				c.Int(&job.Key)
				job.Job.Fields(c)
			})
		})
	}
}

// streamEnded tells the peer that a stream is not served, and who leads.
func (v *serving) streamEnded(number uint64, id int32, err error) {
	hint := v.r.table.leader(id)
	text := err.Error()
	v.answer(itemStreamEnded, 0, func(c *record.Codec) {
		c.Uint(&number)
		c.String(&text)
		c.Uint(&hint.term)
		c.String(&hint.server)
	})
}

// hand leaves jobs for the writer; they are kept until the peer says that a worker has them. Those that
// come when the peer has given this connection up are not sent.
func (v *serving) hand(id int32, jobs []StreamedJob, add func(frame []byte, token uint64) []byte) {
	v.mu.Lock()
	token, ok := v.r.handed.give(v.peer, v.lane, id, jobs)
	if ok {
		v.pending = add(v.pending, token)
	}
	v.mu.Unlock()
	if ok {
		v.wakeUp()
	}
}

// handBatch answers a command with the jobs that it leased.
func (v *serving) handBatch(item uint64, id int32, answer *record.Record) {
	var jobs []StreamedJob
	eachJob(answer, func(job StreamedJob) { jobs = append(jobs, job) })
	v.hand(id, jobs, func(frame []byte, token uint64) []byte {
		return appendItem(frame, itemBatch, item, func(c *record.Codec) {
			c.Uint(&token)
			codeRecord(c, answer)
		})
	})
}

// got takes the peer's receipts.
func (v *serving) got(it *item) {
	var tokens []uint64
	codeTokens(&it.rest, &tokens)
	if it.rest.Err() == nil {
		v.r.handed.got(v.peer, tokens)
	}
}

// codeTokens passes a list of tokens to the codec.
func codeTokens(c *record.Codec, tokens *[]uint64) {
	record.List(c, tokens, func(token *uint64, c *record.Codec) { c.Uint(token) })
}

// grant adds credits to a stream or takes some back.
func (v *serving) grant(it *item) {
	var number uint64
	var n int64
	it.rest.Uint(&number)
	it.rest.Int(&n)
	v.mu.Lock()
	p, open := v.streams[number]
	v.mu.Unlock()
	if open && it.rest.Err() == nil {
		p.stream.Grant(int(n))
	}
}

// closeStream ends a stream: jobs that were pushed but not sent are available again at once.
func (v *serving) closeStream(it *item) {
	var number uint64
	it.rest.Uint(&number)
	v.mu.Lock()
	p, open := v.streams[number]
	delete(v.streams, number)
	v.mu.Unlock()
	if open {
		p.cancel()
	}
}
