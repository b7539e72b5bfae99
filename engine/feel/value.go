package feel

import (
	"unsafe"

	"github.com/cockroachdb/apd/v3"
)

// Kind is the FEEL type of a value.
type Kind uint8

// The kinds of FEEL values. The zero Value is null.
const (
	KindNull Kind = iota
	KindBoolean
	KindNumber
	KindString
	KindList
	KindContext
	KindDate
	KindTime
	KindDateTime
	KindDaysTimeDuration
	KindYearsMonthsDuration
	KindRange
	KindFunction
)

// Value is one FEEL value: 24 bytes, passed by value, immutable. What n, x and p mean depends on the kind:
//
//	null                  x: missing when it stands for a variable that was not found
//	boolean               n: 0 or 1
//	number                p nil: the integer n; else p: *apd.Decimal
//	string                p: first byte, n: length in bytes
//	list                  p: first item, n: number of items; or x = rawJSON and p, n: bytes of a JSON array
//	context               p: *Context; or x = rawJSON and p, n: bytes of a JSON object
//	date                  n: days since 1970-01-01
//	time                  n: second of the day, x: nanosecond, p: *zone or nil
//	date-time             n: local seconds since 1970-01-01T00:00, x: nanosecond, p: *zone or nil
//	days-time duration    n: seconds, x: nanoseconds of the same direction as Java's Duration (0 ≤ x < 1e9)
//	years-months duration n: months
//	range                 p: *Range
//	function              p: *function
//
// Values are compared with Equal, never with ==.
type Value struct {
	kind Kind
	x    int32
	n    int64
	p    unsafe.Pointer
}

// Null is the FEEL value null, the zero Value.
var Null = Value{}

// Bool returns a FEEL boolean.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBoolean, n: 1}
	}
	return Value{kind: KindBoolean}
}

// Int returns a FEEL number.
func Int(i int64) Value { return Value{kind: KindNumber, n: i} }

// Number returns a FEEL number. The decimal must not be changed afterwards. NaN and infinities are null, as FEEL has
// neither.
func Number(d *apd.Decimal) Value {
	if d == nil || d.Form != apd.Finite {
		return Null
	}
	if d.Exponent >= 0 && (d.Exponent <= 18 || d.Coeff.Sign() == 0) {
		if i, ok := smallInteger(d); ok {
			return Int(i)
		}
	}
	return Value{kind: KindNumber, p: unsafe.Pointer(d)}
}

// String returns a FEEL string that shares the bytes of s.
func String(s string) Value {
	return Value{kind: KindString, n: int64(len(s)), p: unsafe.Pointer(unsafe.StringData(s))}
}

// List returns a FEEL list that owns items: the caller must not change them afterwards.
func List(items ...Value) Value {
	return Value{kind: KindList, n: int64(len(items)), p: unsafe.Pointer(unsafe.SliceData(items))}
}

// NewContext returns a FEEL context with its entries in the given order. Where a key occurs twice the last one counts.
// The caller must not change entries afterwards.
func NewContext(entries ...Entry) Value {
	return Value{kind: KindContext, p: unsafe.Pointer(&Context{entries: entries})}
}

// Kind returns the type of v.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// AsBool returns the boolean v; ok is false for any other kind.
func (v Value) AsBool() (b, ok bool) { return v.n != 0, v.kind == KindBoolean }

// AsInt64 returns the number v truncated towards zero (as Zeebe does with correlation keys and retries); ok is false
// for other kinds and for numbers outside of int64.
func (v Value) AsInt64() (i int64, ok bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	if v.p == nil {
		return v.n, true
	}
	return truncate((*apd.Decimal)(v.p))
}

// AsDecimal returns the number v; ok is false for any other kind. The decimal must not be changed.
func (v Value) AsDecimal() (d *apd.Decimal, ok bool) {
	if v.kind != KindNumber {
		return nil, false
	}
	if v.p == nil {
		return apd.New(v.n, 0), true
	}
	return (*apd.Decimal)(v.p), true
}

// AsString returns the string v without copying it; ok is false for any other kind.
func (v Value) AsString() (s string, ok bool) {
	if v.kind != KindString {
		return "", false
	}
	return v.str(), true
}

// AsList returns the items of the list v, which must not be changed; ok is false for any other kind. A list that was
// read from JSON is decoded by one level.
func (v Value) AsList() (items []Value, ok bool) {
	if v.kind != KindList {
		return nil, false
	}
	return v.items(), true
}

// AsContext returns the context v; ok is false for any other kind.
func (v Value) AsContext() (c Context, ok bool) {
	if v.kind != KindContext {
		return Context{}, false
	}
	return v.context(), true
}

// AsRange returns the range v; ok is false for any other kind.
func (v Value) AsRange() (r *Range, ok bool) {
	if v.kind != KindRange {
		return nil, false
	}
	return (*Range)(v.p), true
}

// AsDaysTimeDuration returns the days-time duration v; ok is false for any other kind.
func (v Value) AsDaysTimeDuration() (d Duration, ok bool) {
	return Duration{Seconds: v.n, Nanos: v.x}, v.kind == KindDaysTimeDuration
}

// AsYearsMonthsDuration returns the years-months duration v; ok is false for any other kind.
func (v Value) AsYearsMonthsDuration() (d Duration, ok bool) {
	return Duration{Months: v.n}, v.kind == KindYearsMonthsDuration
}

// rawJSON in x marks lists and contexts whose content is still the JSON text they were read from.
const rawJSON = 1

// missing in x marks the null of a variable that was not found: what is read from it is no news.
const missing = 1

func (v Value) str() string { return unsafe.String((*byte)(v.p), int(v.n)) }

func rawBytes(v Value) []byte { return unsafe.Slice((*byte)(v.p), int(v.n)) }

func (v Value) items() []Value {
	if v.x == rawJSON {
		return decodeArray(rawBytes(v))
	}
	return unsafe.Slice((*Value)(v.p), int(v.n))
}

func (v Value) context() Context {
	if v.x == rawJSON {
		return Context{raw: rawBytes(v)}
	}
	return *(*Context)(v.p)
}

// TypeName returns the kind in Zeebe's words, as its incident messages use them ("Expected result of the expression 'x'
// to be 'BOOLEAN', but was 'NULL'.").
func (v Value) TypeName() string { return zeebeNames[v.kind] }

var zeebeNames = [...]string{
	KindNull: "NULL", KindBoolean: "BOOLEAN", KindNumber: "NUMBER", KindString: "STRING", KindList: "ARRAY",
	KindContext: "OBJECT", KindDate: "DATE", KindTime: "TIME", KindDateTime: "DATE_TIME",
	KindDaysTimeDuration: "DURATION", KindYearsMonthsDuration: "PERIOD", KindRange: "RANGE", KindFunction: "FUNCTION",
}

// Entry is one key and its value in a context.
type Entry struct {
	Key   string
	Value Value
}

// Context is the content of a FEEL context: keys in order. A context that was read from JSON stays JSON: Get scans it
// and builds nothing.
type Context struct {
	entries []Entry
	raw     []byte // a JSON object when not nil; then entries is unused
}

// Get returns the value of a key and whether the context has it. It allocates nothing for scalars.
func (c Context) Get(key string) (Value, bool) {
	if c.raw != nil {
		return findMember(c.raw, key)
	}
	for i := len(c.entries) - 1; i >= 0; i-- {
		if c.entries[i].Key == key {
			return c.entries[i].Value, true
		}
	}
	return Null, false
}

// Entries returns the entries in order. They must not be changed.
func (c Context) Entries() []Entry {
	if c.raw != nil {
		return decodeObject(c.raw)
	}
	return c.entries
}

// Range is an interval of values, or with one end unbounded (Null) the meaning of a comparison such as "> 5".
type Range struct {
	Low, High             Value
	LowClosed, HighClosed bool
}

// NewRange returns a FEEL range.
func NewRange(r Range) Value { return Value{kind: KindRange, p: unsafe.Pointer(&r)} }
