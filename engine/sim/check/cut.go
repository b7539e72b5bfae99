package check

import "github.com/payhub/payhub/engine/record"

// cut proves that the states which the partitions keep under one checkpoint number fit together: no state holds mail that
// its sender's state has not sent, and no sender's state has forgotten mail that its receiver's does not hold. A backup made
// of them has every message once.
type cut struct {
	deaf
	j          *Judge
	partitions int32
	now        map[int32]*mailState
	taken      map[int64]map[int32]*mailState // by number and partition
}

// mailState is how a partition stands with the others: through which number it has sent to each, knows that they have it,
// and has received itself.
type mailState struct{ sent, acknowledged, received map[int32]int64 }

func newMailState() *mailState {
	return &mailState{sent: map[int32]int64{}, acknowledged: map[int32]int64{}, received: map[int32]int64{}}
}

func (s *mailState) clone() *mailState {
	copied := newMailState()
	for _, of := range [][2]map[int32]int64{{copied.sent, s.sent}, {copied.acknowledged, s.acknowledged}, {copied.received, s.received}} {
		for partition, number := range of[1] {
			of[0][partition] = number
		}
	}
	return copied
}

func newCut(j *Judge) *cut {
	return &cut{j: j, now: map[int32]*mailState{}, taken: map[int64]map[int32]*mailState{}}
}

func (k *cut) begin(_ int, partitions int32) { k.partitions = partitions }

// committed follows the mail. The state of a checkpoint is the one after the whole batch that makes it.
func (k *cut) committed(e *Entry) {
	if !e.effective() {
		return
	}
	s := k.now[e.Partition]
	if s == nil {
		s = newMailState()
		k.now[e.Partition] = s
	}
	for i := range e.Batch.Sends {
		s.sent[e.Batch.Sends[i].Partition] = e.Batch.Sends[i].Sequence
	}
	checkpoint := int64(0)
	for i := range e.Batch.Records {
		r := &e.Batch.Records[i]
		if r.Type != record.Event {
			continue
		}
		switch v := r.Value.(type) {
		case *record.Delivery:
			if r.Intent == record.DeliveryReceived {
				s.received[v.From] = max(s.received[v.From], v.Through)
			} else if r.Intent == record.DeliveryAcknowledged {
				s.acknowledged[v.To] = max(s.acknowledged[v.To], v.Through)
			}
		case *record.Checkpoint:
			checkpoint = v.Number
		}
	}
	if checkpoint != 0 {
		k.take(checkpoint, e.Partition, s.clone())
	}
}

// take compares a partition's state of a checkpoint with those that others have taken under the same number.
func (k *cut) take(number int64, partition int32, s *mailState) {
	others := k.taken[number]
	if others == nil {
		others = map[int32]*mailState{}
		k.taken[number] = others
	}
	for other := int32(1); other <= k.partitions; other++ {
		if o := others[other]; o != nil {
			k.fit(number, partition, s, other, o)
			k.fit(number, other, o, partition, s)
		}
	}
	others[partition] = s
}

// fit judges what one partition mailed to another.
func (k *cut) fit(number int64, from int32, sender *mailState, to int32, receiver *mailState) {
	if has, sent := receiver.received[from], sender.sent[to]; has > sent {
		k.j.blame(RuleCut, where{partition: to}, "checkpoint %d of partition %d holds mail of partition %d through %d, whose checkpoint has sent %d", number, to, from, has, sent)
	}
	if gone, has := sender.acknowledged[to], receiver.received[from]; gone > has {
		k.j.blame(RuleCut, where{partition: from}, "checkpoint %d of partition %d has forgotten its mail to partition %d through %d, whose checkpoint holds %d", number, from, to, gone, has)
	}
}
