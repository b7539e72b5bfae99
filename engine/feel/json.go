package feel

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// MaxJSONDepth is how deep lists and objects may be nested in a JSON value.
const MaxJSONDepth = 1000

// FromJSON reads one JSON value. Numbers stay exact; strings without escapes, lists and objects share raw, which must
// not change as long as the value is in use. An error says at which byte the text is wrong.
func FromJSON(raw []byte) (Value, error) {
	s := jsonChecker{raw: raw}
	start := s.space(0)
	end := s.value(start, 0)
	if s.err == "" && s.space(end) != len(raw) {
		s.fail(s.space(end), "unexpected text after the value")
	}
	if s.err != "" {
		return Null, fmt.Errorf("invalid JSON at byte %d: %s", s.at, s.err)
	}
	return FromValidJSON(raw[start:end]), nil
}

// FromValidJSON is FromJSON for text that is known to be one valid JSON value (it was checked when it entered the
// engine). Lists and objects are not even scanned before they are used. Invalid text gives null or a part of the value,
// never a panic.
func FromValidJSON(raw []byte) Value {
	i := skipSpace(raw, 0)
	if i >= len(raw) {
		return Null
	}
	switch c := raw[i]; {
	case c == '"':
		end := skipString(raw, i)
		return String(unquote(raw[i:end]))
	case c == '{' || c == '[':
		kind := KindContext
		if c == '[' {
			kind = KindList
		}
		return Value{kind: kind, x: rawJSON, n: int64(len(raw) - i), p: unsafe.Pointer(&raw[i])}
	case c == 't':
		return Bool(true)
	case c == 'f':
		return Bool(false)
	case c == 'n':
		return Null
	default:
		return jsonNumber(raw[i:skipScalar(raw, i)])
	}
}

// jsonNumber reads digits, a fraction and an exponent. An exponent outside of what decimals can hold gives null.
func jsonNumber(raw []byte) Value {
	i, negative := 0, false
	if i < len(raw) && raw[i] == '-' {
		negative, i = true, 1
	}
	if n := len(raw) - i; n > 0 && n <= 18 {
		var value int64
		for ; i < len(raw) && raw[i]-'0' <= 9; i++ {
			value = value*10 + int64(raw[i]-'0')
		}
		if i == len(raw) {
			if negative {
				value = -value
			}
			return Int(value)
		}
	}
	v, ok := parseNumber(alias(raw))
	if !ok {
		return Null
	}
	return v
}

// alias returns raw as a string that shares its bytes.
func alias(raw []byte) string { return unsafe.String(unsafe.SliceData(raw), len(raw)) }

// findMember returns the value of the last member named key in the JSON object raw.
func findMember(raw []byte, key string) (found Value, ok bool) {
	var at, end int
	eachMember(raw, func(name []byte, from, to int) {
		if matchName(name, key) {
			at, end, ok = from, to, true
		}
	})
	if ok {
		found = FromValidJSON(raw[at:end])
	}
	return found, ok
}

// matchName compares a quoted JSON name with a key.
func matchName(name []byte, key string) bool {
	plain := name[1 : len(name)-1]
	if string(plain) == key {
		return true
	}
	for _, c := range plain {
		if c == '\\' {
			return unquote(name) == key
		}
	}
	return false
}

// eachMember visits the members of a JSON object: the quoted name and where the value lies.
func eachMember(raw []byte, visit func(name []byte, from, to int)) {
	i := skipSpace(raw, 1)
	for i < len(raw) && raw[i] == '"' {
		nameEnd := skipString(raw, i)
		if nameEnd-i < 2 {
			return
		}
		from := skipSpace(raw, skipSpace(raw, nameEnd)+1)
		to := skipValue(raw, from)
		if to <= from {
			return
		}
		visit(raw[i:nameEnd], from, to)
		i = skipSpace(raw, to)
		if i >= len(raw) || raw[i] != ',' {
			return
		}
		i = skipSpace(raw, i+1)
	}
}

func decodeObject(raw []byte) []Entry {
	var list entryList
	eachMember(raw, func(name []byte, from, to int) {
		list.set(unquote(name), FromValidJSON(raw[from:to]))
	})
	return list.entries
}

func decodeArray(raw []byte) []Value {
	var items []Value
	i := skipSpace(raw, 1)
	for i < len(raw) && raw[i] != ']' {
		end := skipValue(raw, i)
		if end <= i {
			return items
		}
		items = append(items, FromValidJSON(raw[i:end]))
		i = skipSpace(raw, end)
		if i < len(raw) && raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
	return items
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && isJSONSpace(raw[i]) {
		i++
	}
	return i
}

func isJSONSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skipValue returns the end of the value that starts at i.
func skipValue(raw []byte, i int) int {
	if i >= len(raw) {
		return i
	}
	switch raw[i] {
	case '"':
		return skipString(raw, i)
	case '{', '[':
		return skipNested(raw, i)
	default:
		return skipScalar(raw, i)
	}
}

func skipNested(raw []byte, i int) int {
	depth := 0
	for i < len(raw) {
		switch raw[i] {
		case '"':
			i = skipString(raw, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}

func skipScalar(raw []byte, i int) int {
	for i < len(raw) {
		switch raw[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

func skipString(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// unquote returns the content of a quoted JSON string; without escapes it shares the bytes.
func unquote(quoted []byte) string {
	if len(quoted) < 2 || quoted[len(quoted)-1] != '"' {
		return ""
	}
	plain := quoted[1 : len(quoted)-1]
	for i, c := range plain {
		if c == '\\' {
			return string(unescape(make([]byte, 0, len(plain)), plain, i))
		}
	}
	return alias(plain)
}

// unescape appends plain to dst with its escapes resolved; the first one is at i.
func unescape(dst, plain []byte, i int) []byte {
	dst = append(dst, plain[:i]...)
	for i < len(plain) {
		c := plain[i]
		i++
		if c != '\\' || i == len(plain) {
			dst = append(dst, c)
			continue
		}
		c = plain[i]
		i++
		switch c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'u':
			var r rune
			r, i = unicodeEscape(plain, i)
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// unicodeEscape reads the four hex digits at i, and the second half of a surrogate pair.
func unicodeEscape(plain []byte, i int) (rune, int) {
	r, ok := hex4(plain, i)
	if !ok {
		return utf8.RuneError, i
	}
	i += 4
	if utf16.IsSurrogate(r) {
		if i+6 <= len(plain) && plain[i] == '\\' && plain[i+1] == 'u' {
			if low, ok := hex4(plain, i+2); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return pair, i + 6
				}
			}
		}
		return utf8.RuneError, i
	}
	return r, i
}

func hex4[T []byte | string](text T, i int) (r rune, ok bool) {
	if i+4 > len(text) {
		return 0, false
	}
	for _, c := range []byte(text[i : i+4]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// entryList gathers entries with unique keys: a later one replaces the value of an earlier one.
type entryList struct {
	entries []Entry
	index   map[string]int // where each key is, once there are many
}

// manyEntries is from when on an index pays.
const manyEntries = 32

func (l *entryList) set(key string, v Value) {
	if at := l.find(key); at >= 0 {
		l.entries[at].Value = v
		return
	}
	l.entries = append(l.entries, Entry{Key: key, Value: v})
	n := len(l.entries)
	switch {
	case n == manyEntries:
		l.index = make(map[string]int, 2*manyEntries)
		for i, e := range l.entries {
			l.index[e.Key] = i
		}
	case n > manyEntries:
		l.index[key] = n - 1
	}
}

func (l *entryList) find(key string) int {
	if l.index != nil {
		if at, found := l.index[key]; found {
			return at
		}
		return -1
	}
	for i := range l.entries {
		if l.entries[i].Key == key {
			return i
		}
	}
	return -1
}
