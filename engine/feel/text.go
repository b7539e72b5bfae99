package feel

import (
	"strconv"
	"strings"
)

// Bounds of a value's text. Values can share parts, so that even a small one may be endless as text.
const (
	maxText    = 64 << 10 // what String writes
	maxExcerpt = 1000     // what a message quotes
)

// String writes v as messages quote it, which is also what the built-in string() writes inside of lists and contexts:
// strings in quotation marks, temporal values in ISO-8601, contexts as {key:value, …}. Long texts end in "…".
func (v Value) String() string { return excerptOf(v, maxText) }

// excerptOf is the text of v, cut off behind most bytes.
func excerptOf(v Value, most int) string {
	w := textWriter{most: most}
	w.value(v)
	text := string(w.text)
	if w.cut {
		text = strings.ToValidUTF8(text, "") + "…"
	}
	return text
}

// clip bounds what a text takes of a message.
func clip(s string) string {
	if len(s) <= maxExcerpt {
		return s
	}
	return strings.ToValidUTF8(s[:maxExcerpt], "") + "…"
}

// textWriter writes values up to a number of bytes.
type textWriter struct {
	text  []byte
	most  int
	depth int
	cut   bool
}

func (w *textWriter) add(s string) {
	if room := w.most - len(w.text); len(s) > room {
		s, w.cut = s[:room], true
	}
	w.text = append(w.text, s...)
}

func (w *textWriter) value(v Value) {
	if w.depth == MaxJSONDepth {
		w.cut = true
	}
	if w.cut {
		return
	}
	w.depth++
	defer func() { w.depth-- }()
	switch v.kind {
	case KindNull:
		w.add("null")
	case KindBoolean:
		w.add(strconv.FormatBool(v.n != 0))
	case KindNumber:
		w.add(numberText(v))
	case KindString:
		w.add(`"`)
		w.add(v.str())
		w.add(`"`)
	case KindList:
		w.list(v.items())
	case KindContext:
		w.context(v.context().Entries())
	case KindRange:
		w.span((*Range)(v.p))
	case KindFunction:
		w.add("function(" + strings.Join((*function)(v.p).params, ", ") + ")")
	default:
		var buf [64]byte
		w.add(string(v.appendTemporal(buf[:0])))
	}
}

func (w *textWriter) list(items []Value) {
	w.add("[")
	for i, item := range items {
		if i > 0 {
			w.add(", ")
		}
		if w.value(item); w.cut {
			return
		}
	}
	w.add("]")
}

func (w *textWriter) context(entries []Entry) {
	w.add("{")
	for i, e := range entries {
		if i > 0 {
			w.add(", ")
		}
		w.add(e.Key)
		w.add(":")
		if w.value(e.Value); w.cut {
			return
		}
	}
	w.add("}")
}

func (w *textWriter) span(r *Range) {
	brackets := [...]string{"(", "["}
	w.add(brackets[triOf(r.LowClosed)])
	w.value(r.Low)
	w.add("..")
	w.value(r.High)
	brackets = [...]string{")", "]"}
	w.add(brackets[triOf(r.HighClosed)])
}

// appendTemporal appends the ISO-8601 form of a date, time, date-time or duration.
func (v Value) appendTemporal(dst []byte) []byte {
	switch v.kind {
	case KindDate:
		return appendDate(dst, v.n)
	case KindTime:
		dst = appendTime(dst, v.n, v.x)
		return appendZone(dst, v.zone())
	case KindDateTime:
		day, second := floorDiv(v.n, 86400)
		dst = append(appendDate(dst, day), 'T')
		dst = appendTime(dst, second, v.x)
		return appendZone(dst, v.zone())
	case KindDaysTimeDuration:
		return appendDaysTime(dst, v.n, int64(v.x))
	default:
		return appendYearsMonths(dst, v.n)
	}
}

// appendPadded appends n with at least width digits.
func appendPadded(dst []byte, n int64, width int) []byte {
	var buf [20]byte
	text := strconv.AppendInt(buf[:0], n, 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

func appendDate(dst []byte, days int64) []byte {
	year, month, day := dateOf(days)
	if year < 0 {
		dst, year = append(dst, '-'), -year
	}
	dst = append(appendPadded(dst, year, 4), '-')
	dst = append(appendPadded(dst, month, 2), '-')
	return appendPadded(dst, day, 2)
}

func appendTime(dst []byte, seconds int64, nanos int32) []byte {
	dst = append(appendPadded(dst, seconds/3600, 2), ':')
	dst = append(appendPadded(dst, seconds/60%60, 2), ':')
	return appendFraction(appendPadded(dst, seconds%60, 2), int64(nanos))
}

// appendFraction appends nanoseconds behind a point, without zeros at the end.
func appendFraction(dst []byte, nanos int64) []byte {
	if nanos == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), nanos, 9)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendZone(dst []byte, z *zone) []byte {
	switch {
	case z == nil:
		return dst
	case z.rules != nil:
		return append(append(dst, '@'), z.name...)
	case z.offset == 0:
		return append(dst, 'Z')
	}
	offset := int64(z.offset)
	if offset < 0 {
		dst, offset = append(dst, '-'), -offset
	} else {
		dst = append(dst, '+')
	}
	dst = append(appendPadded(dst, offset/3600, 2), ':')
	dst = appendPadded(dst, offset/60%60, 2)
	if offset%60 != 0 {
		dst = appendPadded(append(dst, ':'), offset%60, 2)
	}
	return dst
}

func appendDaysTime(dst []byte, seconds, nanos int64) []byte {
	if seconds == 0 && nanos == 0 {
		return append(dst, "P0D"...)
	}
	magnitude := uint64(seconds)
	if seconds < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude
		if nanos > 0 {
			magnitude, nanos = magnitude-1, 1e9-nanos
		}
	}
	dst = append(dst, 'P')
	dst = appendUnit(dst, magnitude/86400, 'D')
	if magnitude%86400 == 0 && nanos == 0 {
		return dst
	}
	dst = append(dst, 'T')
	dst = appendUnit(dst, magnitude/3600%24, 'H')
	dst = appendUnit(dst, magnitude/60%60, 'M')
	if magnitude%60 == 0 && nanos == 0 {
		return dst
	}
	dst = strconv.AppendUint(dst, magnitude%60, 10)
	return append(appendFraction(dst, nanos), 'S')
}

func appendYearsMonths(dst []byte, months int64) []byte {
	if months == 0 {
		return append(dst, "P0Y"...)
	}
	magnitude := uint64(months)
	if months < 0 {
		dst, magnitude = append(dst, '-'), -magnitude
	}
	dst = append(dst, 'P')
	dst = appendUnit(dst, magnitude/12, 'Y')
	return appendUnit(dst, magnitude%12, 'M')
}

func appendUnit(dst []byte, n uint64, unit byte) []byte {
	if n == 0 {
		return dst
	}
	return append(strconv.AppendUint(dst, n, 10), unit)
}
