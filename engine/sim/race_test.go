//go:build race

package sim

// raceDetector makes everything ten times slower. A world has one goroutine, so that there is little for it to find: the
// full volume runs without it.
const raceDetector = true
