package main

import (
	"os"
	"runtime/debug"
)

// collectorPercent lets the heap grow further between two collections than Go does by itself: the
// live heap of a node is small and its garbage short-lived, so that collecting less often costs
// a few ten megabytes and saves about a tenth of the CPU. GOGC overrides it.
const collectorPercent = 300

// tuneCollector sets how often garbage is collected.
func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
}
