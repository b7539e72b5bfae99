package partition

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/payhub/payhub/engine/record"
)

func TestAPausedPartitionTakesOnlyWhatKeepsTheLogInOrder(t *testing.T) {
	var now atomic.Int64
	now.Store(1000)
	w := open(t, func(c *Config) { c.Now = now.Load })
	w.Pause(true)
	w.Pause(true) // once more does nothing
	if _, err := w.Submit(background, complete(7)); !errors.Is(err, ErrOverloaded) || !strings.Contains(err.Error(), "paused") {
		t.Errorf("a job was completed: %v", err)
	}
	if now.Store(5000); w.wall() != 1000 {
		t.Errorf("time goes on: %d", w.wall())
	}
	acknowledge := record.NewCommand(-1, record.ExporterAcknowledge, &record.Exporter{ExporterID: "e"})
	if err := w.admit(&acknowledge, clock()); err != nil {
		t.Errorf("an exporter cannot acknowledge: %v", err)
	}
	w.Pause(false)
	if _, err := w.Submit(background, complete(7)); err != nil {
		t.Errorf("after it was resumed: %v", err)
	}
	if w.wall() != 5000 {
		t.Errorf("time stands still: %d", w.wall())
	}
}
