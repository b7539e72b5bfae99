package gateway

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever polls come, are woken, look again and leave: a wake-up goes to the one that has
// waited longest, none is lost while anybody waits, and nothing stays behind.
func TestParkedPollsAgainstAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var polls parkedPolls
		var queue, woken []*parkedPoll // the obvious twin
		expectWake := func() {
			if len(queue) > 0 {
				woken, queue = append(woken, queue[0]), queue[1:]
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"park": func(*rapid.T) {
				poll := newParkedPoll("a")
				polls.park(poll)
				queue = append(queue, poll)
			},
			"wake": func(*rapid.T) {
				polls.wake("a")
				polls.wake("b") // nobody waits for it
				expectWake()
			},
			"look again": func(t *rapid.T) {
				if len(woken) == 0 {
					t.Skip()
				}
				poll := woken[0]
				woken = woken[1:]
				<-poll.wake
				polls.park(poll)
				queue = append(queue, poll)
			},
			"leave": func(t *rapid.T) {
				all := slices.Concat(queue, woken)
				if len(all) == 0 {
					t.Skip()
				}
				poll := rapid.SampledFrom(all).Draw(t, "poll")
				polls.leave(poll)
				unused := slices.Contains(woken, poll)
				is := func(other *parkedPoll) bool { return other == poll }
				queue, woken = slices.DeleteFunc(queue, is), slices.DeleteFunc(woken, is)
				if unused {
					expectWake()
				}
			},
			"": func(t *rapid.T) {
				if n := polls.waiting.Load(); int(n) != len(queue) {
					t.Fatalf("%d wait, expected %d", n, len(queue))
				}
				for _, poll := range woken {
					if len(poll.wake) != 1 {
						t.Fatal("a poll was not woken in its turn")
					}
				}
				if len(queue) == 0 && len(polls.byType) != 0 {
					t.Fatal("an empty queue stays behind")
				}
			},
		})
	})
}
