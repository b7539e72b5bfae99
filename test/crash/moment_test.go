//go:build linux && amd64

package crash

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// phase is what a process was doing when it was killed.
type phase string

// The phases, by what a crash in them must not break.
const (
	segmentMade   phase = "segment made"   // the next log file is filled and made durable
	segmentSwitch phase = "segment switch" // it is taken into use
	logTruncation phase = "log truncation" // what nobody needs any more goes away
	snapshot      phase = "snapshot"       // the state is made safe up to an index of raft's
	memtableWrite phase = "memtable write" // RocksDB writes its memtable to disk
	stateFlush    phase = "state flush"    // rows go from the write-back layer into RocksDB
	logCommit     phase = "commit"         // a frame of the log is on its way to the disk
	ledgerCommit  phase = "ledger commit"  // a ledger writes its books
	storeWrite    phase = "operations"     // the operations store is written
	starting      phase = "start"          // not ready yet: the log is being replayed
	idle          phase = "idle"           // nothing is on its way to the disk
)

// phaseOf says which phase a function belongs to.
var phaseOf = map[string]phase{
	"engine/raftlog.(*Log).rotate":               segmentSwitch,
	"engine/raftlog.(*preparer).make":            segmentMade,
	"engine/raftlog.(*Log).prune":                logTruncation,
	"engine/raftlog.(*PartitionLog).DeleteRange": logTruncation,
	"engine/raftlog.stateSnapshot.Persist":       snapshot,
	"linxGnu/grocksdb.(*DB).Flush":               memtableWrite,
	"engine/storage.(*Store).flushLocked":        stateFlush,
	"engine/raftlog.(*Log).writeGroup":           logCommit,
	"adapters/ams/ledger.(*writer).commit":       ledgerCommit,
	"hub/ops.(*Store).Apply":                     storeWrite,
}

// anatomy is the program's functions by address: what makes sense of a stopped process's stacks.
type anatomy struct {
	from, to []uint64
	name     []string
}

// dissect reads the symbols of a program that is linked to a fixed address.
func dissect(program string) (*anatomy, error) {
	f, err := elf.Open(program)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("%s is %s: its functions have no fixed addresses", program, f.Type)
	}
	all, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b elf.Symbol) int { return int(int64(a.Value) - int64(b.Value)) })
	a := &anatomy{}
	for _, s := range all {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 {
			continue
		}
		name := s.Name
		for known := range phaseOf {
			if strings.HasSuffix(name, "/"+known) {
				name = known
			}
		}
		a.from, a.to, a.name = append(a.from, s.Value), append(a.to, s.Value+s.Size), append(a.name, name)
	}
	for known := range phaseOf {
		if !slices.Contains(a.name, known) {
			return nil, fmt.Errorf("%s has no function %s: the table of phases is out of date", program, known)
		}
	}
	return a, nil
}

// function names the function that an address lies in, "" when in none.
func (a *anatomy) function(address uint64) string {
	i := sort.Search(len(a.from), func(i int) bool { return a.from[i] > address }) - 1
	if i < 0 || address >= a.to[i] {
		return ""
	}
	return a.name[i]
}

// freeze stops a process and returns when none of its threads runs.
func freeze(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Microsecond) {
		moving, err := threads(pid, func(task string) bool {
			stat, err := os.ReadFile(filepath.Join(task, "stat"))
			_, after, ok := bytes.Cut(stat, []byte(") "))
			return err == nil && ok && after[0] != 'T'
		})
		if err != nil || len(moving) == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("process %d did not stop within 10 s", pid)
		}
	}
}

// threads lists the folders of a process's threads that fit.
func threads(pid int, fits func(task string) bool) ([]string, error) {
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("process %d is gone", pid)
	}
	return slices.DeleteFunc(all, func(task string) bool { return !fits(task) }), err
}

// look says which phases the threads of a stopped process are in, idle alone if in none. A thread is in a phase when
// a function of it is on the thread's stack, or on that of the goroutine that called C there.
func (a *anatomy) look(pid int) ([]phase, error) {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	all, err := threads(pid, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	var found []phase
	for _, task := range all {
		at, ok := stackPointer(task)
		if !ok {
			continue
		}
		a.walk(memory, at, func(function string) {
			if p, ok := phaseOf[function]; ok && !slices.Contains(found, p) {
				found = append(found, p)
			}
		})
	}
	if len(found) == 0 {
		found = []phase{idle}
	}
	slices.Sort(found)
	return found, nil
}

// stackPointer reads where a stopped thread's stack ends. The line is "NR ARG… SP PC", or "-1 SP PC" outside of system calls.
func stackPointer(task string) (at uint64, ok bool) {
	line, err := os.ReadFile(filepath.Join(task, "syscall"))
	fields := strings.Fields(string(line))
	if err != nil || len(fields) < 3 {
		return 0, false
	}
	at, err = strconv.ParseUint(strings.TrimPrefix(fields[len(fields)-2], "0x"), 16, 64)
	return at, err == nil
}

// deepest bounds how much of a stack is read.
const deepest = 32 << 10

// walk calls visit with the functions that a stack returns to, innermost first. Words on a stack that are no return addresses
// may name a function too, rarely; so the walk ends where live frames end: at the scheduler of an idle thread, and at the bottom
// of a goroutine.
func (a *anatomy) walk(memory *os.File, at uint64, visit func(function string)) {
	stack := make([]byte, deepest)
	n, _ := memory.ReadAt(stack, int64(at)) // less is there at a stack's end
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(stack[i:]) }
	for i := 0; i+24 <= n; i += 8 {
		switch name := a.function(word(i)); name {
		case "":
		case "runtime.goexit.abi0", "runtime.schedule", "runtime.findRunnable", "runtime.sysmon":
			return
		case "runtime.asmcgocall.abi0":
			// The system stack of a call to C: behind the return address stand the depth of the goroutine's stack and the
			// goroutine, whose second word is the upper end of its stack (runtime/asm_amd64.s, runtime/runtime2.go).
			depth, goroutine := word(i+8), word(i+16)
			high := make([]byte, 8)
			if _, err := memory.ReadAt(high, int64(goroutine)+8); err == nil {
				a.walk(memory, binary.LittleEndian.Uint64(high)-depth, visit)
			}
			return
		default:
			visit(name)
		}
	}
}
