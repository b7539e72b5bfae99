package core_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// post is one partition of three, and its mail.
type post struct {
	*testing.T
	*world
	m *member
}

func newPost(t *testing.T, limits core.Limits) *post {
	w := newWorld(3, 1, faults{})
	w.limits = limits
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	return &post{t, w, w.member(2)}
}

// mail is a parcel of partition 3: messages that buffer themselves under the names of their numbers.
func mail(first, through, checkpoint int64) *record.Delivery {
	v := &record.Delivery{From: 3, To: 2, First: first, Through: through, Checkpoint: checkpoint}
	for n := first; n <= through; n++ {
		v.Commands = append(v.Commands, record.NewCommand(-1, record.MessagePublish, &record.Message{
			Name: fmt.Sprint(n), TimeToLive: 1000, Deadline: -1, TenantID: record.DefaultTenant,
		}))
	}
	return v
}

// receive has the partition decide about mail, and about nothing else.
func (p *post) receive(v *record.Delivery) (record.Record, core.Output) {
	p.Helper()
	p.request++
	out, err := p.decide(p.m, core.Command{RequestID: p.request, Record: record.NewCommand(-1, record.DeliveryReceive, v)})
	if err != nil {
		p.Fatal(err)
	}
	return p.answers[p.request], out
}

// took are the numbers whose commands have been processed, in order.
func (p *post) took() (names []string) {
	for _, r := range p.records {
		if r.Event("MESSAGE") && r.Intent == "PUBLISHED" {
			names = append(names, r.Text("name"))
		}
	}
	return names
}

func numbers(from, through int) (names []string) {
	for n := from; n <= through; n++ {
		names = append(names, fmt.Sprint(n))
	}
	return names
}

func TestMailIsTakenOnceAndWithoutGaps(t *testing.T) {
	p := newPost(t, core.Limits{})
	for _, c := range []struct {
		what    string
		mail    *record.Delivery
		through int64
		took    []string
	}{
		{"the first", mail(1, 2, 0), 2, numbers(1, 2)},
		{"the same again", mail(1, 2, 0), 2, numbers(1, 2)},
		{"a part is new", mail(1, 4, 0), 4, numbers(1, 4)},
		{"a gap", mail(6, 7, 0), 4, numbers(1, 4)},
		{"an old one", mail(3, 3, 0), 4, numbers(1, 4)},
		{"numbers are passed over", &record.Delivery{From: 3, To: 2, First: 5, Through: 6}, 6, numbers(1, 4)},
		{"what was passed over comes late", mail(5, 6, 0), 6, numbers(1, 4)},
		{"passing over with a gap", &record.Delivery{From: 3, To: 2, First: 9, Through: 9}, 6, numbers(1, 4)},
		{"it goes on", mail(7, 7, 0), 7, append(numbers(1, 4), "7")},
	} {
		answer, _ := p.receive(c.mail)
		if got := answer.Value.(*record.Delivery).Through; answer.Intent != record.DeliveryReceived || got != c.through {
			t.Errorf("%s: through %d, want %d", c.what, got, c.through)
		}
		if got := p.took(); !slices.Equal(got, c.took) {
			t.Errorf("%s: took %v, want %v", c.what, got, c.took)
		}
	}
}

func TestMailForSomebodyElseIsRefused(t *testing.T) {
	p := newPost(t, core.Limits{})
	for _, v := range []*record.Delivery{
		{From: 3, To: 1, First: 1, Through: 1}, {From: 2, To: 2, First: 1, Through: 1}, {From: 0, To: 2, First: 1, Through: 1}, {From: 3, To: 2, First: 0, Through: 1},
	} {
		if answer, _ := p.receive(v); answer.RejectionType != record.InvalidArgument || !answer.IsRejection() {
			t.Errorf("%+v: %+v", v, answer)
		}
	}
}

// What a decision does not come to is put off, in order, and not taken again when the parcel comes again.
func TestLongMailIsSpreadOverDecisions(t *testing.T) {
	p := newPost(t, core.Limits{MaxRecords: 10})
	answer, out := p.receive(mail(1, 40, 0))
	if answer.Value.(*record.Delivery).Through != 40 || len(p.took()) >= 40 {
		t.Fatalf("through %d, %d taken in one decision of %d records", answer.Value.(*record.Delivery).Through, len(p.took()), len(out.Batch.Records))
	}
	p.receive(mail(1, 40, 0))
	p.lead(p.m)
	if err := p.settle(); err != nil {
		t.Fatal(err)
	}
	if got := p.took(); !slices.Equal(got, numbers(1, 40)) {
		t.Errorf("took %v", got)
	}
}

// Mail that comes while more is put off than one decision takes up again stays behind it.
func TestNewMailStaysBehindWhatIsPutOff(t *testing.T) {
	p := newPost(t, core.Limits{MaxRecords: 300})
	other := mail(1, 200, 0)
	other.From = 1
	for i := range other.Commands {
		other.Commands[i].Value.(*record.Message).Name = "other"
	}
	if _, err := p.decide(p.m, core.Command{Record: record.NewCommand(-1, record.DeliveryReceive, other)},
		core.Command{Record: record.NewCommand(-1, record.DeliveryReceive, mail(1, 256, 0))}); err != nil {
		t.Fatal(err)
	}
	for n := int64(257); n <= 264; n += 4 {
		p.receive(mail(n, n+3, 0))
	}
	if err := p.settle(); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(p.took(), func(name string) bool { return name == "other" })
	if !slices.Equal(got, numbers(1, 264)) {
		t.Errorf("took %v", got)
	}
}

// The records of a received command are caused by the command as it stands in the receiver's own log, and the RECEIVE
// itself holds no commands there.
func TestReceivedCommandsAreOnTheRecord(t *testing.T) {
	p := newPost(t, core.Limits{})
	_, out := p.receive(mail(1, 2, 0))
	var got []string
	byPosition := map[int64]string{}
	for i := range out.Batch.Records {
		r := &out.Batch.Records[i]
		what := fmt.Sprintf("%s %s", r.Type, r.IntentName())
		byPosition[r.Position] = what
		if v, ok := r.Value.(*record.Delivery); ok && len(v.Commands) > 0 {
			t.Errorf("%s holds %d commands", what, len(v.Commands))
		}
		got = append(got, what+" by "+byPosition[r.SourcePosition])
	}
	want := []string{
		"COMMAND RECEIVE by ", "EVENT RECEIVED by COMMAND RECEIVE",
		"COMMAND PUBLISH by ", "EVENT PUBLISHED by COMMAND PUBLISH", "COMMAND PUBLISH by ", "EVENT PUBLISHED by COMMAND PUBLISH",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// An outbox is emptied as far as it is acknowledged; what is acknowledged twice, or was never sent, does no harm.
func TestTheOutboxIsEmptiedByAcknowledgements(t *testing.T) {
	w := newCluster(t, 3, "message_catch.bpmn")
	w.begin(1, -1, record.ProcessInstanceCreationCreate, creation(t, "message_catch", `{"orderId":"o-1"}`))
	w.begin(1, -1, record.ProcessInstanceCreationCreate, creation(t, "message_catch", `{"orderId":"o-1"}`))
	to := record.PartitionForCorrelationKey("o-1", 3)
	left := func() (all []int64) {
		w.member(1).core.Outbox(func(target int32, s *record.Send) bool {
			if target != to {
				t.Errorf("mail for partition %d", target)
			}
			all = append(all, s.Sequence)
			return true
		})
		return all
	}
	first := left()
	if len(first) != 2 || to == 1 {
		t.Fatalf("outbox %v for partition %d", first, to)
	}
	for _, c := range []struct {
		through int64
		want    []int64
	}{{first[0] - 1, first}, {first[0], first[1:]}, {first[0] - 1, first[1:]}, {first[1] + 100, nil}, {first[1], nil}} {
		if _, err := w.decide(w.member(1), core.Command{Record: record.NewCommand(-1, record.DeliveryAcknowledge, &record.Delivery{To: to, Through: c.through})}); err != nil {
			t.Fatal(err)
		}
		if got := left(); !slices.Equal(got, c.want) {
			t.Errorf("acknowledged through %d: %v left, want %v", c.through, got, c.want)
		}
	}
}

// One partition has no mail: no row of the state is about any.
func TestOnePartitionHasNoMail(t *testing.T) {
	w := newCluster(t, 1, "message_catch.bpmn")
	w.create(1, "message_catch", `{"orderId":"o-1"}`)
	w.must(1, -1, record.MessagePublish, paid(0))
	w.member(1).core.Outbox(func(_ int32, s *record.Send) bool {
		t.Errorf("%+v", s)
		return true
	})
	for key := range rows(w.member(1).store) {
		if !state.Lasting(key[0]) {
			t.Errorf("row %q", key)
		}
	}
}
