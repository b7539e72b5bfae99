package workload

import "fmt"

// timers is an instance that waits for a timer, then for a message with reminders, until a limit. Half of them get the message.
func (u *Users) timers(t *task) {
	first, limit := 100+t.rng.IntN(20_000), 500+t.rng.IntN(12_000)
	if t.rng.IntN(2) == 0 {
		u.w.After(int64(first)+t.rng.Int64N(8_000), func() {
			u.publish("sim-answer", t.Name(), "", buffered, nil, func(published) {})
		})
	}
	u.createAndEnd(t, timersProcess, map[string]any{"key": t.Name(), "pause": milliseconds(first), "limit": milliseconds(limit)})
}

// milliseconds is an ISO 8601 duration.
func milliseconds(ms int) string { return fmt.Sprintf("PT%d.%03dS", ms/1000, ms%1000) }
