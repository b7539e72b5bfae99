package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// raftLogger passes what raft says on to the node's log: its errors as warnings, the rest, like
// elections, for debugging.
func raftLogger(log *slog.Logger) hclog.Logger {
	level := hclog.Error
	if log.Enabled(context.Background(), slog.LevelDebug) {
		level = hclog.Debug
	}
	return hclog.New(&hclog.LoggerOptions{
		Name: "raft", Level: level, DisableTime: true, Output: &raftLines{log: log, said: map[string]time.Time{}},
	})
}

// raftSilence is how long the same complaint of raft is not repeated: it makes one with every
// heartbeat to a node that is down.
const raftSilence = 30 * time.Second

// raftLines writes lines of raft to a log.
type raftLines struct {
	log *slog.Logger

	mu   sync.Mutex
	said map[string]time.Time
}

// Write implements io.Writer.
func (w *raftLines) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if !strings.HasPrefix(text, "[ERROR]") {
		w.log.Debug("raft", "said", text)
		return len(line), nil
	}
	what, _, _ := strings.Cut(text, "=")
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.said[what]) < raftSilence {
		return len(line), nil
	}
	w.said[what] = time.Now()
	w.log.Warn("raft", "said", text)
	return len(line), nil
}
