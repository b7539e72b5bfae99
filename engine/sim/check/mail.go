package check

import (
	"cmp"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// mail proves that what partitions send each other is taken in exactly once and in order: the sender's committed batches
// number what they send, the receiver's log names what it has taken, and the commands stand behind it.
type mail struct {
	deaf
	j       *Judge
	pairs   map[pair]*post
	digests digester
}

type pair struct{ from, to int32 }

// post is the mail of a pair.
type post struct {
	sent         []uint64 // digests of the commands, by number - 1
	has          int64    // the receiver has everything through this
	acknowledged int64    // the sender has been told so through this
}

func newMail(j *Judge) *mail { return &mail{j: j, pairs: map[pair]*post{}} }

func (k *mail) post(from, to int32) *post {
	p := k.pairs[pair{from, to}]
	if p == nil {
		p = &post{}
		k.pairs[pair{from, to}] = p
	}
	return p
}

func (k *mail) committed(e *Entry) {
	if !e.effective() {
		return
	}
	for i := range e.Batch.Sends {
		send := &e.Batch.Sends[i]
		p := k.post(e.Partition, send.Partition)
		if send.Sequence != int64(len(p.sent))+1 {
			k.j.blame(RuleMail, where{partition: e.Partition, position: e.Batch.FirstPosition}, "number %d for partition %d follows %d",
				send.Sequence, send.Partition, len(p.sent))
		}
		p.sent = append(p.sent, k.digests.content(&send.Record))
	}
	k.take(e)
}

// take follows what a receiver's batch takes: after each RECEIVED its commands stand, in order, between what they lead to.
func (k *mail) take(e *Entry) {
	var expected []uint64
	for i := range e.Batch.Records {
		r := &e.Batch.Records[i]
		if v, ok := r.Value.(*record.Delivery); ok {
			if r.Type == record.Event {
				expected = append(expected, k.delivered(e, r, v)...)
			}
			continue
		}
		if r.Type != record.Command || r.SourcePosition >= 0 || r.OperationReference != 0 {
			continue
		}
		if len(expected) > 0 && k.digests.content(r) == expected[0] {
			expected = expected[1:]
			continue
		}
		if onlyMail(r) {
			k.j.blame(RuleMail, of(e, r), "a %s %s is processed that is not the next mail", r.ValueType, r.IntentName())
		}
	}
	if len(expected) > 0 {
		k.j.blame(RuleMail, where{partition: e.Partition, position: e.Batch.FirstPosition}, "index %d takes mail, and %d of its commands are not in the log", e.Index, len(expected))
	}
}

// onlyMail tells whether a command that nothing in its own log caused can only have come from another partition.
func onlyMail(r *record.Record) bool {
	return r.ValueType == record.MessageSubscriptionValue || r.ValueType == record.ProcessMessageSubscriptionValue
}

// delivered judges RECEIVED and ACKNOWLEDGED, and gives what must follow.
func (k *mail) delivered(e *Entry, r *record.Record, v *record.Delivery) []uint64 {
	if r.Intent == record.DeliveryAcknowledged {
		p := k.post(e.Partition, v.To)
		if v.Through > p.has {
			k.j.blame(RuleMail, of(e, r), "mail for partition %d is forgotten through %d, and only %d has arrived", v.To, v.Through, p.has)
		}
		if v.Through <= p.acknowledged {
			k.j.blame(RuleMail, of(e, r), "mail for partition %d is forgotten through %d, which it was through %d", v.To, v.Through, p.acknowledged)
		}
		p.acknowledged = max(p.acknowledged, v.Through)
		return nil
	}
	if r.Intent != record.DeliveryReceived {
		return nil
	}
	p := k.post(v.From, e.Partition)
	switch {
	case v.First != p.has+1 || v.Through < v.First:
		k.j.blame(RuleMail, of(e, r), "mail %d to %d of partition %d is taken after %d", v.First, v.Through, v.From, p.has)
	case v.Through > int64(len(p.sent)):
		k.j.blame(RuleMail, of(e, r), "mail through %d of partition %d is taken, which has committed only %d", v.Through, v.From, len(p.sent))
	}
	first, last := max(v.First, 1), min(v.Through, int64(len(p.sent)))
	p.has = max(p.has, v.Through)
	if first > last {
		return nil
	}
	return p.sent[first-1 : last]
}

func (k *mail) end([]string) {
	pairs := make([]pair, 0, len(k.pairs))
	for between := range k.pairs {
		pairs = append(pairs, between)
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for _, pair := range pairs {
		p := k.pairs[pair]
		if p.has < int64(len(p.sent)) {
			k.j.blame(RuleMail, where{partition: pair.from}, "partition %d has mail of %d through %d of %d at the end", pair.to, pair.from, p.has, len(p.sent))
		}
	}
}
