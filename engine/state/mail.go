package state

import "github.com/payhub/payhub/engine/record"

// Posted is how the mail to a partition stands.
type Posted struct {
	Last         int64 // number of the last send, 0 if there was none
	Acknowledged int64 // through this number the receiver has everything
}

// Fields implements the row codec.
func (p *Posted) Fields(c *record.Codec) {
	c.Int(&p.Last)
	c.Int(&p.Acknowledged)
}

// Posted tells how the mail to a partition stands.
func (v *View) Posted(to int32) Posted {
	if p, ok := load[Posted](v, v.key(tablePosted).num(int64(to))); ok {
		return *p
	}
	return Posted{}
}

// Outbox calls visit with the sends that their receivers have not acknowledged, by target, in
// the order of their numbers.
func (v *View) Outbox(visit func(*record.Send) bool) {
	goOn := true
	v.scanPrefix(v.key(tablePosted), func(key, value []byte) bool {
		prefix := v.key(tableOutbox).num(lastNum(key))
		from := append([]byte(nil), prefix.num(decode[Posted](v, value).Acknowledged+1)...)
		v.scanFrom(from, from[:len(from)-8], func(_, value []byte) bool {
			goOn = visit(decode[record.Send](v, value))
			return goOn
		})
		return goOn
	})
}

// InsertSend numbers a send and keeps it until it is acknowledged.
func (t *Tables) InsertSend(s *record.Send) {
	posted := t.Posted(s.Partition)
	posted.Last++
	s.Sequence = posted.Last
	t.overlay.insert(t.key(tableOutbox).num(int64(s.Partition)).num(s.Sequence), t.overlay.encode(s))
	t.putPosted(s.Partition, &posted)
}

// DeleteSends empties the outbox of a partition through a number.
func (t *Tables) DeleteSends(to int32, through int64) {
	posted := t.Posted(to)
	for posted.Acknowledged < min(through, posted.Last) {
		posted.Acknowledged++
		t.overlay.remove(t.key(tableOutbox).num(int64(to)).num(posted.Acknowledged))
	}
	t.putPosted(to, &posted)
}

func (t *Tables) putPosted(to int32, p *Posted) {
	t.overlay.put(t.key(tablePosted).num(int64(to)), t.overlay.encode(p))
}

// received is the number through which mail has been taken.
type received struct{ Through int64 }

// Fields implements the row codec.
func (r *received) Fields(c *record.Codec) { c.Int(&r.Through) }

// Received is the number through which the mail of a partition has been taken, 0 if there was none.
func (v *View) Received(from int32) int64 {
	if r, ok := load[received](v, v.key(tableReceived).num(int64(from))); ok {
		return r.Through
	}
	return 0
}

// PutReceived notes that the mail of a partition has been taken through a number.
func (t *Tables) PutReceived(from int32, through int64) {
	t.overlay.put(t.key(tableReceived).num(int64(from)), t.overlay.encode(&received{through}))
}
