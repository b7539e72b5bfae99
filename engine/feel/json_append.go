package feel

import (
	"strconv"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"
)

// AppendJSON appends v as compact JSON. Temporal values become the strings that Zeebe stores in variables, integral
// numbers print as integers, ranges and functions are null: JSON has no word for them.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindBoolean:
		return strconv.AppendBool(dst, v.n != 0)
	case KindNumber:
		if v.p == nil {
			return strconv.AppendInt(dst, v.n, 10)
		}
		return appendPlain(dst, (*apd.Decimal)(v.p), false)
	case KindString:
		return appendQuoted(dst, v.str())
	case KindList:
		if v.x == rawJSON {
			return appendCompact(dst, rawBytes(v))
		}
		dst = append(dst, '[')
		for i, item := range v.items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case KindContext:
		if v.x == rawJSON {
			return appendCompact(dst, rawBytes(v))
		}
		return v.context().appendJSON(dst)
	case KindDate, KindTime, KindDateTime, KindDaysTimeDuration, KindYearsMonthsDuration:
		dst = append(dst, '"')
		dst = v.appendISO(dst)
		return append(dst, '"')
	default:
		return append(dst, "null"...)
	}
}

// appendISO writes a temporal value as Zeebe 8.8 stores it: as string() does, but with offset and zone of a date-time
// ("2020-01-02T10:00:00+01:00[Europe/Berlin]") and a local time without its seconds when they are zero ("10:00").
func (v Value) appendISO(dst []byte) []byte {
	switch {
	case v.kind == KindTime && v.zone() == nil && v.n%60 == 0 && v.x == 0:
		dst = appendTime(dst, v.n, 0)
		return dst[:len(dst)-len(":00")]
	case v.kind == KindDateTime && v.zone() != nil && v.zone().rules != nil:
		d := v.dateTime()
		d.zone = &zone{offset: d.zone.offset}
		dst = dateTimeValue(d).appendTemporal(dst)
		return append(append(append(dst, '['), v.zone().name...), ']')
	}
	return v.appendTemporal(dst)
}

func (c Context) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i, e := range c.Entries() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, e.Key)
		dst = append(dst, ':')
		dst = e.Value.AppendJSON(dst)
	}
	return append(dst, '}')
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string; bytes that are no UTF-8 become U+FFFD.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// appendCompact appends JSON text without the white space between its tokens.
func appendCompact(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		start := i
		for i < len(raw) && !isJSONSpace(raw[i]) {
			if raw[i] == '"' {
				i = skipString(raw, i)
			} else {
				i++
			}
		}
		dst = append(dst, raw[start:i]...)
		i = skipSpace(raw, i)
	}
	return dst
}
