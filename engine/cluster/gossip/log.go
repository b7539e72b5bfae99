package gossip

import (
	"context"
	"log"
	"log/slog"
	"maps"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// logInterval is how often the same line is written; what others can provoke must not fill a disk.
	logInterval = 10 * time.Second
	// logKinds bounds the kinds of lines in that time; further ones are left out.
	logKinds = 64
)

// limited is a log in which a line is written again only after a while; it then says how often it was
// left out.
type limited struct {
	logger *slog.Logger

	mu    sync.Mutex
	kinds map[string]*kind
}

// kind is one sort of line.
type kind struct {
	last    time.Time
	skipped int
}

func newLimited(logger *slog.Logger) *limited {
	return &limited{logger: logger, kinds: map[string]*kind{}}
}

// Warn, Error and Debug write a line; false: it was left out.
func (l *limited) Warn(text string, args ...any) bool { return l.write(slog.LevelWarn, text, args) }

func (l *limited) Error(text string, args ...any) bool { return l.write(slog.LevelError, text, args) }

func (l *limited) Debug(text string, args ...any) bool { return l.write(slog.LevelDebug, text, args) }

// changing are the parts of a line that differ between lines of one kind.
var changing = regexp.MustCompile(`[0-9]+|"[^"]*"`)

func (l *limited) write(level slog.Level, text string, args []any) bool {
	key := changing.ReplaceAllString(text, "#")
	for i := 1; i < len(args); i += 2 {
		if name, _ := args[i-1].(string); name == "node" || name == "by" {
			if id, ok := args[i].(string); ok {
				key += " " + id
			}
		}
	}
	skipped, write := l.due(key)
	if !write {
		return false
	}
	if skipped > 0 {
		args = append(args, "skipped", skipped)
	}
	l.logger.Log(context.Background(), level, text, args...)
	return true
}

// due tells whether a line of a kind is to be written now, and how many were left out before it.
func (l *limited) due(key string) (skipped int, write bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	k := l.kinds[key]
	if k == nil {
		if len(l.kinds) >= logKinds {
			maps.DeleteFunc(l.kinds, func(_ string, k *kind) bool { return now.Sub(k.last) >= logInterval })
		}
		if len(l.kinds) >= logKinds {
			return 0, false
		}
		k = &kind{}
		l.kinds[key] = k
	} else if now.Sub(k.last) < logInterval {
		k.skipped++
		return 0, false
	}
	skipped, k.last, k.skipped = k.skipped, now, 0
	return skipped, true
}

// standard is the log for memberlist.
func (l *limited) standard() *log.Logger { return log.New(l, "", 0) }

// saidAlready are lines of memberlist that this package says itself, with the reason.
var saidAlready = []string{"ignoring alive message", "Failed push/pull merge", "Conflicting address", "failed to join"}

// Write takes a line of memberlist: "[WARN] memberlist: …".
func (l *limited) Write(b []byte) (int, error) {
	line := strings.TrimSpace(string(b))
	levels := map[string]slog.Level{"[ERR]": slog.LevelWarn, "[ERROR]": slog.LevelWarn, "[WARN]": slog.LevelWarn, "[INFO]": slog.LevelInfo}
	tag, text, _ := strings.Cut(line, " ")
	level, ok := levels[tag]
	if !ok {
		level, text = slog.LevelDebug, line
	}
	if !l.logger.Enabled(context.Background(), level) {
		return len(b), nil
	}
	for _, said := range saidAlready {
		if strings.Contains(text, said) {
			return len(b), nil
		}
	}
	l.write(level, "gossip: "+printable(strings.TrimPrefix(text, "memberlist: ")), nil)
	return len(b), nil
}
