package sim

// epoch is when the worlds begin: 2026-01-01, in milliseconds since the Unix epoch.
const epoch = 1_767_225_600_000

// clock is a machine's clock: it is wrong by an offset, and runs too fast or too slow. Waiting is measured with the
// monotonic clock, which has the same drift and does not jump.
type clock struct {
	w      *world
	drift  int64 // parts per million
	since  int64 // true time of the last change of drift
	offset int64 // microseconds ahead of true time at since
}

// wall is what the machine believes, in milliseconds since the Unix epoch.
func (c *clock) wall() int64 {
	run := c.w.now - c.since
	return epoch + (c.w.now+c.offset+run*c.drift/1_000_000)/1000
}

// span is how long a wait of so many microseconds of this clock takes in truth.
func (c *clock) span(delay int64) int64 { return delay - delay*c.drift/1_000_000 }

// setDrift changes how fast the clock runs from now on.
func (c *clock) setDrift(ppm int64) {
	c.offset += (c.w.now - c.since) * c.drift / 1_000_000
	c.since, c.drift = c.w.now, ppm
}

// jump sets the clock forward or, with a negative number of microseconds, back.
func (c *clock) jump(by int64) { c.offset += by }
