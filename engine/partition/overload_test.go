package partition

import (
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/payhub/payhub/engine/record"
)

func silenced() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func newWork() record.Record {
	return record.NewCommand(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{})
}

func mail() record.Record {
	return record.NewCommand(-1, record.DeliveryReceive, &record.Delivery{})
}

// slowLog commits each entry after a time.
type slowLog struct {
	*fakeLog
	takes atomic.Int64
}

func (l *slowLog) Propose(term uint64, entry []byte, rows []record.Row) error {
	time.Sleep(time.Duration(l.takes.Load()))
	return l.fakeLog.Propose(term, entry, rows)
}

// slowly opens a partition that takes one command at a time.
func slowly(t *testing.T) (*Partition, *slowLog) {
	log := &slowLog{fakeLog: &fakeLog{changes: make(chan Leadership, 4)}}
	state := &fakeState{activated: map[int64]bool{}}
	var poison atomic.Bool
	p := Open(Config{
		ID: 1, Log: log, MaxCommands: 1, Logger: silenced(),
		NewMachine: func() Machine { return &fakeMachine{s: state, poison: &poison} },
	})
	log.changes <- Leadership{Leader: true, Term: 1}
	synctest.Wait()
	return p, log
}

// load sends a number of commands a second, at equal distances, for a time, and counts answers.
func load(p *Partition, perSecond int, lasting time.Duration, command func() record.Record) (accepted, refused int, longest time.Duration) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for range int(lasting.Seconds() * float64(perSecond)) {
		all.Go(func() {
			began := time.Now()
			_, err := p.Submit(background, command())
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				accepted++
				longest = max(longest, time.Since(began))
			case errors.Is(err, ErrOverloaded):
				refused++
			}
		})
		time.Sleep(time.Second / time.Duration(perSecond))
	}
	all.Wait()
	return accepted, refused, longest
}

func TestUnderFiveTimesItsCapacityAPartitionStaysBusyAndAcceptedCommandsAreQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, log := slowly(t)
		defer p.Close()
		log.takes.Store(int64(2 * time.Millisecond)) // 500 a second
		accepted, refused, longest := load(p, 2500, 20*time.Second, newWork)
		t.Logf("%d accepted, %d refused, the longest answer took %v", accepted, refused, longest)
		if accepted < 9500 {
			t.Errorf("%d accepted of the 10000 there was time for", accepted)
		}
		if longest > time.Second {
			t.Errorf("an accepted command took %v", longest)
		}
		if _, refused, _ = load(p, 250, 2*time.Second, newWork); refused > 0 {
			t.Errorf("%d refused after the load went down", refused)
		}
	})
}

func TestABurstThatIsWorkedOffIsNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, log := slowly(t)
		defer p.Close()
		log.takes.Store(int64(time.Millisecond))
		for range 20 { // every second 250 at once: the last one waits 250 ms
			if _, refused, _ := load(p, 1e6, 250*time.Microsecond, newWork); refused > 0 {
				t.Fatalf("%d refused", refused)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestWorkThatHasBegunAndMailAreRefusedLaterThanNewWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, log := slowly(t)
		defer p.Close()
		log.takes.Store(int64(2 * time.Millisecond))
		var all sync.WaitGroup
		for range 300 { // 600 ms of work
			all.Go(func() { p.Submit(background, complete(1)) })
		}
		time.Sleep(420 * time.Millisecond) // the wait of an interval is known
		if _, err := p.Submit(background, newWork()); !errors.Is(err, ErrOverloaded) {
			t.Errorf("new work: %v", err)
		}
		for _, c := range []record.Record{complete(1), mail()} {
			if _, err := p.Submit(background, c); err != nil {
				t.Errorf("%s: %v", c.ValueType, err)
			}
		}
		all.Wait()
	})
}

func TestCommandsBehindOneThatDoesNotEndAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, log := slowly(t)
		defer p.Close()
		log.takes.Store(int64(10 * time.Second)) // the disk stands still
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { p.Submit(background, newWork()) })
		}
		time.Sleep(time.Second)
		began := time.Now()
		if _, err := p.Submit(background, newWork()); !errors.Is(err, ErrOverloaded) {
			t.Errorf("new work: %v", err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the refusal took %v", took)
		}
		log.takes.Store(0)
		all.Wait()
	})
}
