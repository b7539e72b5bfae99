package cluster

import (
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// openStream registers a source at the lane's peer; false if the lane has ended or is full.
func (l *lane) openStream(s *source) bool {
	number := l.r.streams.Add(1)
	s.grant = func(n int) {
		count := int64(n)
		l.say(itemGrant, func(c *record.Codec) { c.Uint(&number); c.Int(&count) })
	}
	s.close = func() {
		l.mu.Lock()
		delete(l.streams, number)
		l.mu.Unlock()
		l.say(itemClose, func(c *record.Codec) { c.Uint(&number) })
	}
	l.mu.Lock()
	if l.ended != nil {
		l.mu.Unlock()
		return false
	}
	l.streams[number] = s
	l.mu.Unlock()
	if !l.say(itemOpen, func(c *record.Codec) {
		c.Uint(&number)
		c.Int32(&s.id)
		codeStream(c, &s.g.request)
	}) || !s.g.add(s) {
		s.close()
		return false
	}
	return true
}

// receiptRest is how long a receipt waits for others, or for a frame that goes anyway: a frame for each
// would cost as much as the job's own.
const receiptRest = 5 * time.Millisecond

// job takes a job for one of the streams.
func (l *lane) job(it *item) error {
	var number uint64
	job := StreamedJob{Job: new(record.Job)}
	var token uint64
	it.rest.Uint(&token)
	it.rest.Uint(&number)
	it.rest.Int(&job.Key)
	job.Job.Fields(&it.rest)
	if err := it.rest.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	s := l.streams[number]
	l.got = token
	l.mu.Unlock()
	received := func() { l.received(token) }
	if s == nil { // it was closed at the same moment
		received()
		l.r.handBack(record.PartitionOf(job.Key), job)
		return nil
	}
	s.g.arrived(s, job, received)
	return nil
}

// received leaves the receipt of what was handed over with a token.
func (l *lane) received(token uint64) {
	if l.receipts.add(token) {
		time.AfterFunc(receiptRest, func() { l.r.roster.wake(l.server) })
	}
}

// batch takes the jobs that answer a command. If its caller has left they are handed back.
func (l *lane) batch(it *item, c *call) error {
	var token uint64
	it.rest.Uint(&token)
	var answer record.Record
	codeRecord(&it.rest, &answer)
	if err := it.rest.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	l.got = token
	l.mu.Unlock()
	l.received(token)
	if c != nil {
		c.answer = answer
		c.done <- struct{}{}
		return nil
	}
	eachJob(&answer, func(job StreamedJob) { l.r.handBack(record.PartitionOf(job.Key), job) })
	return nil
}

// eachJob visits the jobs that an answer leases.
func eachJob(answer *record.Record, visit func(StreamedJob)) {
	batch, ok := answer.Value.(*record.JobBatch)
	if !ok || answer.IsRejection() {
		return
	}
	for i, key := range batch.JobKeys {
		if i < len(batch.Jobs) {
			visit(StreamedJob{Key: key, Job: &batch.Jobs[i]})
		}
	}
}

// streamEnded takes the news that a stream is no longer served.
func (l *lane) streamEnded(it *item) error {
	var number uint64
	var text string
	var hint leadership
	it.rest.Uint(&number)
	it.rest.String(&text)
	it.rest.Uint(&hint.term)
	it.rest.String(&hint.server)
	if err := it.rest.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	s := l.streams[number]
	delete(l.streams, number)
	l.mu.Unlock()
	if s != nil {
		l.r.learn(s.id, hint)
		s.g.lost(s, fmt.Errorf("node %s: %s", l.server, text))
	}
	return nil
}

// codeStream passes what a stream wants to the codec.
func codeStream(c *record.Codec, request *StreamRequest) {
	c.String(&request.Type)
	c.String(&request.Worker)
	c.Int(&request.Timeout)
	c.Strings(&request.FetchVariables)
	c.Strings(&request.TenantIDs)
}
