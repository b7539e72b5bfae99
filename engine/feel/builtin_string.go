package feel

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Positions and lengths count characters (Unicode code points), from 1.
var stringFunctions = []builtin{
	def("substring", "string s, start position n", substring),
	def("substring", "string s, start position n, length n", substring),
	def("string length", "string s", func(_ *machine, args []Value) Value {
		return Int(int64(utf8.RuneCountInString(args[0].str())))
	}),
	def("upper case", "string s", onText(func(s string) string {
		return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS")
	})),
	def("lower case", "string s", onText(strings.ToLower)),
	def("trim", "string s", onText(strings.TrimSpace)),
	def("substring before", "string s, match s", func(_ *machine, args []Value) Value {
		before, _, found := strings.Cut(args[0].str(), args[1].str())
		if !found {
			return String("")
		}
		return String(before)
	}),
	def("substring after", "string s, match s", func(_ *machine, args []Value) Value {
		_, after, _ := strings.Cut(args[0].str(), args[1].str())
		return String(after)
	}),
	def("contains", "string s, match s", textTest(strings.Contains)),
	def("starts with", "string s, match s", textTest(strings.HasPrefix)),
	def("ends with", "string s, match s", textTest(strings.HasSuffix)),
	def("is blank", "string s", func(_ *machine, args []Value) Value {
		return Bool(strings.TrimSpace(args[0].str()) == "")
	}),
	def("string join", "list l", stringJoin),
	def("string join", "list l, delimiter s?", stringJoin),
	def("string join", "list l, delimiter s?, prefix s?, suffix s?", stringJoin),
	def("to base64", "value s", func(m *machine, args []Value) Value {
		if !m.grow(int(args[0].n) * 4 / 3) {
			return Null
		}
		return String(base64.StdEncoding.EncodeToString([]byte(args[0].str())))
	}),
	def("from base64", "value s", fromBase64),
	def("uuid", "", uuid),
}

func onText(f func(string) string) func(m *machine, args []Value) Value {
	return func(m *machine, args []Value) Value {
		if !m.grow(int(args[0].n)) {
			return Null
		}
		return String(f(args[0].str()))
	}
}

func textTest(f func(s, match string) bool) func(m *machine, args []Value) Value {
	return func(_ *machine, args []Value) Value { return Bool(f(args[0].str(), args[1].str())) }
}

// substring counts from the end when start is negative; a start of zero gives the empty string and one outside of the
// text ends the evaluation (feel-scala).
func substring(m *machine, args []Value) Value {
	text := args[0].str()
	n := int64(utf8.RuneCountInString(text))
	start, ok := place(args[1], int(n))
	if !ok {
		return String("")
	}
	length := n - start
	if len(args) == 3 {
		given, ok := args[2].AsInt64()
		if !ok {
			return m.illegal("substring", args)
		}
		length = min(length, given)
	}
	if start < 0 || start > n || length < 0 {
		return m.hard("substring: there is no such part in " + excerptOf(args[0], maxExcerpt) + "; check start position and length")
	}
	from := runeOffset(text, start)
	return String(text[from : from+runeOffset(text[from:], length)])
}

// runeOffset returns where the n-th character begins.
func runeOffset(text string, n int64) int {
	if n <= 0 {
		return 0
	}
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// stringJoin leaves out nulls.
func stringJoin(m *machine, args []Value) Value {
	delimiter, prefix, suffix := "", "", ""
	if len(args) > 1 {
		delimiter, _ = args[1].AsString()
	}
	if len(args) > 2 {
		prefix, _ = args[2].AsString()
		suffix, _ = args[3].AsString()
	}
	var b strings.Builder
	b.WriteString(prefix)
	first := true
	for _, item := range args[0].items() {
		if item.kind == KindNull {
			continue
		}
		text, ok := item.AsString()
		if !ok {
			return m.refuse("string join", "expected a list of strings but found '"+excerptOf(args[0], maxExcerpt)+"'")
		}
		if !m.grow(len(text) + len(delimiter)) {
			return Null
		}
		if !first {
			b.WriteString(delimiter)
		}
		first = false
		b.WriteString(text)
	}
	b.WriteString(suffix)
	return String(b.String())
}

func fromBase64(m *machine, args []Value) Value {
	raw, err := base64.StdEncoding.DecodeString(args[0].str())
	if err != nil || !utf8.Valid(raw) {
		return m.refuse("from base64", "the value is not valid Base64 of UTF-8 text")
	}
	return String(string(raw))
}

// uuid makes a version 7 UUID (RFC 9562) of the time and the seed of the Env.
func uuid(m *machine, _ []Value) Value {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], uint64(m.env.Now)<<16|nextRandom(m)>>48)
	binary.BigEndian.PutUint64(raw[8:], nextRandom(m))
	raw[6] = raw[6]&0x0f | 0x70
	raw[8] = raw[8]&0x3f | 0x80
	text := hex.EncodeToString(raw[:])
	return String(text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:])
}
