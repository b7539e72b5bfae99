package gossip

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestWhatOthersCanProvokeDoesNotFillTheLog(t *testing.T) {
	out := &logs{}
	l := newLimited(slog.New(slog.NewTextHandler(out, nil)))
	standard := l.standard()
	for i := range 10_000 {
		standard.Printf("[ERR] memberlist: Decrypt packet failed: no key from=10.0.0.%d:%d", i%256, i)
		l.Warn("gossip: node refused", "node", fmt.Sprintf("%d-x", i), "reason", "no reason")
	}
	standard.Printf("[DEBUG] memberlist: Initiating push/pull sync")
	standard.Printf("[WARN] memberlist: line\nbreaks \x1b[31m and colours")
	if n := strings.Count(out.String(), "Decrypt"); n != 1 {
		t.Errorf("one line was written %d times", n)
	}
	if n := strings.Count(out.String(), "\n"); n > logKinds {
		t.Errorf("%d lines", n)
	}
	if strings.Contains(out.String(), "Initiating") || strings.Contains(out.String(), "\x1b") {
		t.Error(out.String())
	}
}
