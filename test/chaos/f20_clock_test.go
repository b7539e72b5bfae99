package chaos

import "testing"

// TestF20Clock would set the clocks of nodes apart. On one machine all processes have one wall clock: namespaces of time do not move
// it, and a Go program reads it without a system call that could be harmed. Clocks that jump and drift are part of the simulator.
func TestF20Clock(t *testing.T) {
	t.Skip("processes of one machine share its wall clock; clocks that jump and drift are simulated in engine/sim")
}
