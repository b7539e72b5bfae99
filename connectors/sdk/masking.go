package sdk

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

// Masking wraps a log handler so that personal data does not reach it: of every run of seven or more digits (phone
// and account numbers) and of every e-mail address only the end stays, in texts and errors alike. Attributes that
// are numbers or times, and those named by keep (ids that are safe and needed), pass as they are.
func Masking(inner slog.Handler, keep ...string) slog.Handler {
	kept := map[string]bool{}
	for _, k := range keep {
		kept[k] = true
	}
	return masking{inner, kept}
}

type masking struct {
	slog.Handler
	keep map[string]bool
}

func (m masking) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, Mask(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(m.attr(a))
		return true
	})
	return m.Handler.Handle(ctx, out)
}

func (m masking) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = m.attr(a)
	}
	return masking{m.Handler.WithAttrs(masked), m.keep}
}

func (m masking) WithGroup(name string) slog.Handler {
	return masking{m.Handler.WithGroup(name), m.keep}
}

func (m masking) attr(a slog.Attr) slog.Attr {
	if m.keep[a.Key] {
		return a
	}
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Mask(a.Value.String()))
	case slog.KindAny:
		return slog.String(a.Key, Mask(fmt.Sprint(a.Value.Any())))
	case slog.KindGroup:
		group := make([]slog.Attr, 0, len(a.Value.Group()))
		for _, inner := range a.Value.Group() {
			group = append(group, m.attr(inner))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	}
	return a
}

var personal = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+|\d(?:[ ]?\d){6,}`)

// Mask hides e-mail addresses and runs of seven or more digits in a text, except for their last three characters.
func Mask(text string) string {
	return personal.ReplaceAllStringFunc(text, func(s string) string {
		return strings.Repeat("*", 4) + s[len(s)-3:]
	})
}
