// Package record is a pure package that breaks every rule of purity. A line that a rule must
// find says which.
package record

import (
	"maps"
	"math/rand" // offends: pure
	"os"        // offends: pure
	"reflect"
	"slices"
	"sync" // offends: pure
	"time"
)

// Names is documented.
var Names = map[string]int{}

var counter int

func init() { // offends: pure
	counter++ // offends: pure
}

// Clock reads the clock and waits.
func Clock(done chan struct{}) time.Time { // offends: pure
	var lock sync.Mutex
	lock.Lock()
	go os.Getpid() // offends: pure
	select {       // offends: pure
	case <-done:
	default:
	}
	sleep := time.Sleep // offends: pure
	sleep(time.Second)
	return time.Now() // offends: pure
}

// Random order in its forms.
func Order[M map[string]int](m map[string]int, g M) (n int) {
	for range m { // offends: pure
		n++
	}
	for range g { // offends: pure
		n++
	}
	for k := range maps.Keys(m) { // offends: pure
		n += len(k)
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		n += len(k)
	}
	for range reflect.ValueOf(m).MapKeys() { // offends: pure
		n++
	}
	return n + rand.Int()
}

// State changes what the package holds.
func State(local []int) {
	Names["a"] = 1 // offends: pure
	local[0] = 1
	counter := 0
	counter++
}

func Undocumented() {} // offends: documented

type (
	// Told has a comment.
	Told   struct{}
	Untold struct{} // offends: documented
)

func (Told) Method() {} // offends: documented

// The constants are explained together.
const (
	A = iota
	B
)

var Lonely = 1 // the remark explains it

type hidden struct{}

func (hidden) Method() {}
