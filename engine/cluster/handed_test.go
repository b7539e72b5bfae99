package cluster

import (
	"context"
	"testing"

	"github.com/payhub/payhub/engine/record"
)

// A poll is decided only when its connection is lost and the next one is in use: nobody can read its answer any more,
// and the peer, which lives, will not say anything about it. Its jobs are available again at once.
func TestJobsOfAnAnswerThatComesAfterTheNextConnectionAreHandedBack(t *testing.T) {
	t.Run("the lost connection had brought answers", func(t *testing.T) { testLateAnswer(t, true) })
	t.Run("it had brought none", func(t *testing.T) { testLateAnswer(t, false) })
}

func testLateAnswer(t *testing.T, heard bool) {
	w := newWorld(t, 2, 1, nil)
	poller, p := w.nodes[1], w.replica(1, 0)
	if heard {
		if _, err := poller.Submit(t.Context(), 1, complete(1, 2)); err != nil {
			t.Fatal(err)
		}
	}
	decided := make(chan struct{})
	slowly := func(_ context.Context, command record.Record) error {
		if command.ValueType == record.JobBatchValue {
			poller.cut("n0")
			<-decided
		}
		return nil
	}
	p.after.Store(&slowly)

	key := record.Key(1, 77)
	if _, err := poller.Submit(t.Context(), 1, record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
		Type: "work", Worker: "w", Timeout: 3600_000, JobKeys: []int64{key}, Jobs: []record.Job{{Type: "work", Worker: "w", Deadline: 42}},
	})); err == nil {
		t.Fatal("the poll is answered over a connection that was cut")
	}
	eventually(t, "the next connection is in use", func() bool {
		_, err := poller.Submit(t.Context(), 1, complete(1, 1))
		return err == nil
	})
	close(decided)
	eventually(t, "the job is handed back", func() bool {
		log := w.logs[1]
		log.mu.Lock()
		defer log.mu.Unlock()
		return len(log.posted) == 1 && log.posted[0].Key == key && log.posted[0].Intent == record.JobYield
	})
}

// A lane says of those before it what they had got: of the last on which the peer was heard, and of each since that
// may have asked for something.
func TestWhatALaneLeaves(t *testing.T) {
	for _, c := range []struct {
		name string
		lane *lane
		want string
	}{
		{"the peer was heard", &lane{id: "b", before: "a:7", connected: true, carried: true, got: 9}, "b:9"},
		{"nothing was sent", &lane{id: "b", before: "a:7"}, "a:7"},
		{"something was sent, nothing heard", &lane{id: "b", before: "a:7", carried: true}, "a:7 b:0"},
		{"the first", &lane{id: "b", carried: true}, "b:0"},
		{"a row of them has an end", &lane{id: "i", before: "a:7 b:0 c:0 d:0 e:0 f:0 g:0 h:0", carried: true}, "a:7 b:0 c:0 d:0 e:0 f:0 g:0 h:0"},
	} {
		if got := c.lane.legacy(); got != c.want {
			t.Errorf("%s: it leaves %q, expected %q", c.name, got, c.want)
		}
	}
	if got := readPrevious("a:7 nonsense b:x c:0"); len(got) != 2 || got["a"] != 7 || got["c"] != 0 {
		t.Errorf("read as %v", got)
	}
}
