package record

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
	"unsafe"
)

// Document holds variables (or headers): a count, then per variable its name, its key's offset
// from the scope's key (0 while it has none) and its value as compact JSON text. It is read in
// place and never changed; nil is the empty document.
type Document []byte

// Entry is one variable of a Document. Name and Value point into the document.
type Entry struct {
	Name      string
	KeyOffset int64  // variable key minus scope key, 0 if it has no key yet
	Value     []byte // compact JSON text
}

// errNotObject refuses variables that are JSON but no object.
var errNotObject = errors.New("expected a JSON object of variables, one member per variable")

// ParseDocument reads variables from JSON text: an object, or nothing at all, which is the empty
// document. Values keep their digits; of members with the same name the last counts. The error
// says where the text is wrong.
func ParseDocument(text []byte) (Document, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("invalid JSON: not UTF-8 text")
	}
	s := scanner{src: text, out: make([]byte, 0, 256)}
	s.space()
	if s.at == len(text) {
		return nil, nil
	}
	if s.peek() != '{' {
		if err := s.value(); err != nil {
			return nil, err
		}
		return nil, errNotObject
	}
	s.at++
	b := Builder{raw: make([]byte, 0, len(text)+16)}
	if err := s.members(&b); err != nil {
		return nil, err
	}
	s.space()
	if s.at != len(text) {
		return nil, s.errorf("unexpected text after the object")
	}
	return b.Document(), nil
}

// members reads an object's members, after its brace, into the builder.
func (s *scanner) members(b *Builder) error {
	s.space()
	if s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		s.space()
		start := s.at
		if s.peek() != '"' {
			return s.errorf("expected a member name in quotes")
		}
		if err := s.text(); err != nil {
			return err
		}
		name, err := unquote(s.src[start:s.at])
		if err != nil {
			return err
		}
		s.space()
		if s.peek() != ':' {
			return s.errorf("expected ':' after a member name")
		}
		s.at++
		s.out = s.out[:0]
		if err := s.value(); err != nil {
			return err
		}
		b.Set(name, 0, s.out)
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.errorf("expected ',' or the end of the object")
		}
	}
}

// unquote turns a JSON string with its quotes into its text, which points into it if it can.
func unquote(quoted []byte) (string, error) {
	for _, c := range quoted {
		if c == '\\' {
			var text string
			err := json.Unmarshal(quoted, &text)
			return text, err
		}
	}
	return unsafe.String(&quoted[1], len(quoted)-2), nil
}

// Len is the number of variables.
func (d Document) Len() int {
	if len(d) == 0 {
		return 0
	}
	n, _ := binary.Uvarint(d)
	return int(n)
}

// body is the entries without the count.
func (d Document) body() []byte {
	if len(d) == 0 {
		return nil
	}
	_, size := binary.Uvarint(d)
	return d[size:]
}

// nextEntry splits the first entry off; ok is false at the end and for damaged bytes.
func nextEntry(b []byte) (e Entry, rest []byte, ok bool) {
	name, b, ok := prefixed(b)
	if !ok {
		return e, nil, false
	}
	offset, size := binary.Uvarint(b)
	if size <= 0 {
		return e, nil, false
	}
	value, rest, ok := prefixed(b[size:])
	return Entry{Name: unsafe.String(unsafe.SliceData(name), len(name)), KeyOffset: int64(offset), Value: value}, rest, ok
}

// prefixed splits off a length and that many bytes.
func prefixed(b []byte) (part, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	return b[size : size+int(n) : size+int(n)], b[size+int(n):], true
}

// Each calls visit with every variable in order until it returns false.
func (d Document) Each(visit func(Entry) bool) {
	for b := d.body(); len(b) > 0; {
		e, rest, ok := nextEntry(b)
		if !ok || !visit(e) {
			return
		}
		b = rest
	}
}

// Get finds a variable by its name.
func (d Document) Get(name string) (Entry, bool) {
	for b := d.body(); len(b) > 0; {
		e, rest, ok := nextEntry(b)
		if !ok {
			break
		}
		if e.Name == name {
			return e, true
		}
		b = rest
	}
	return Entry{}, false
}

// Finder looks names up in a document, fastest in the order in which they stand there.
type Finder struct {
	all, rest []byte
}

// Finder starts looking names up.
func (d Document) Finder() Finder { return Finder{all: d.body(), rest: d.body()} }

// Get finds a variable by its name.
func (f *Finder) Get(name string) (Entry, bool) {
	if e, rest, ok := nextEntry(f.rest); ok && e.Name == name {
		f.rest = rest
		return e, true
	}
	for b := f.all; len(b) > 0; {
		e, rest, ok := nextEntry(b)
		if !ok {
			break
		}
		if e.Name == name {
			f.rest = rest
			return e, true
		}
		b = rest
	}
	return Entry{}, false
}

// check walks a document that came from outside and tells what is damaged.
func (d Document) check() error {
	if len(d) == 0 {
		return nil
	}
	n, size := binary.Uvarint(d)
	if size <= 0 {
		return errors.New("the variable count is cut off")
	}
	b := []byte(d[size:])
	for i := range n {
		var ok bool
		if _, b, ok = nextEntry(b); !ok {
			return fmt.Errorf("variable %d of %d is damaged", i+1, n)
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("%d bytes follow the last variable", len(b))
	}
	return nil
}

// AppendJSON appends the document as a JSON object.
func (d Document) AppendJSON(dst []byte) []byte { return d.AppendJSONOf(dst, nil) }

// Only is the document with none but the named variables; without names it is the whole one.
func (d Document) Only(names []string) Document {
	if len(names) == 0 {
		return d
	}
	var b Builder
	d.Each(func(e Entry) bool {
		if contains(names, e.Name) {
			b.Add(e.Name, e.KeyOffset, e.Value)
		}
		return true
	})
	return b.Document()
}

// AppendJSONOf appends the variables named by only, or all if it is empty, as a JSON object.
func (d Document) AppendJSONOf(dst []byte, only []string) []byte {
	dst = append(dst, '{')
	first := true
	d.Each(func(e Entry) bool {
		if len(only) > 0 && !contains(only, e.Name) {
			return true
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = AppendJSONString(dst, e.Name)
		dst = append(dst, ':')
		dst = append(dst, e.Value...)
		return true
	})
	return append(dst, '}')
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// AppendJSONString appends text as a JSON string.
func AppendJSONString(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(text)
			if err != nil { // a string always has a JSON form
				return append(dst, `""`...)
			}
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// MarshalJSON implements json.Marshaler.
func (d Document) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// String is the document as JSON text.
func (d Document) String() string { return string(d.AppendJSON(nil)) }

// minShared is the size from which a document that comes again is worth a reference.
const minShared = 32

// fields passes the document to the codec. One step often records the same document several
// times (command, event, variables): only the first is written out, the others refer to it. A
// decoded document is checked, so that reading it later cannot fail.
func (d *Document) fields(c *Codec) {
	head := uint64(len(*d)) << 1
	if !c.decoding {
		for i := range c.recent {
			if len(*d) >= minShared && len(c.recent[i]) == len(*d) && unsafe.SliceData(c.recent[i]) == unsafe.SliceData(*d) {
				head = uint64(i)<<1 | 1
				c.Uint(&head)
				return
			}
		}
		c.Uint(&head)
		c.buf = append(c.buf, *d...)
		c.remember(*d)
		return
	}
	c.Uint(&head)
	if head&1 == 1 {
		if i := head >> 1; i < uint64(len(c.recent)) {
			*d = c.recent[i]
		} else {
			c.Fail("a reference to document %d", i)
		}
		return
	}
	n := head >> 1
	if n > uint64(len(c.buf)) {
		c.Fail("a document of %d bytes is announced, %d are left", n, len(c.buf))
		return
	}
	*d, c.buf = Document(c.buf[:n:n]), c.buf[n:]
	if n == 0 {
		*d = nil
	} else if err := d.check(); err != nil {
		c.Fail("variables: %v", err)
		*d = nil
	}
	c.remember(*d)
}

// remember keeps a document that may come again.
func (c *Codec) remember(d Document) {
	if len(d) >= minShared {
		c.recent[c.turn] = d
		c.turn = (c.turn + 1) % len(c.recent)
	}
}

// Field passes a document that is a field of a row to the codec.
func (d *Document) Field(c *Codec) { d.fields(c) }

// Builder makes a Document, entry by entry. The zero Builder is ready.
type Builder struct {
	raw   []byte // a byte for the count, then the entries
	count int
	seen  [4]uint64 // a bit per hash of a name that may be there
}

// mark notes a name and tells whether it may have been noted before.
func (b *Builder) mark(name string) bool {
	h := uint32(2166136261)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint32(name[i])) * 16777619
	}
	h ^= h >> 16
	word, bit := h>>6&3, uint64(1)<<(h&63)
	before := b.seen[word]&bit != 0
	b.seen[word] |= bit
	return before
}

// Set adds a variable; one of the same name that is there already is replaced.
func (b *Builder) Set(name string, keyOffset int64, value []byte) {
	for rest := b.entries(); b.mark(name) && len(rest) > 0; {
		e, next, ok := nextEntry(rest)
		if ok && e.Name == name {
			b.replace(name, keyOffset, value)
			return
		}
		rest = next
	}
	b.Add(name, keyOffset, value)
}

// Add adds a variable that is surely not there yet.
func (b *Builder) Add(name string, keyOffset int64, value []byte) {
	if len(b.raw) == 0 {
		b.raw = append(b.raw, 0) // for the count
	}
	b.raw = binary.AppendUvarint(b.raw, uint64(len(name)))
	b.raw = append(b.raw, name...)
	b.raw = binary.AppendUvarint(b.raw, uint64(keyOffset))
	b.raw = binary.AppendUvarint(b.raw, uint64(len(value)))
	b.raw = append(b.raw, value...)
	b.count++
}

// replace writes the entries again with one of them changed.
func (b *Builder) replace(name string, keyOffset int64, value []byte) {
	old := b.entries()
	b.raw, b.count = make([]byte, 0, 1+len(old)+len(value)), 0
	for len(old) > 0 {
		e, rest, ok := nextEntry(old)
		if !ok {
			return
		}
		if e.Name == name {
			e.KeyOffset, e.Value = keyOffset, value
		}
		b.Add(e.Name, e.KeyOffset, e.Value)
		old = rest
	}
}

// WithKeys is the document with keys: the first variable's has the given offset from the scope's
// key, the others follow.
func (d Document) WithKeys(first int64) Document {
	b := Builder{raw: make([]byte, 0, len(d)+4*d.Len())}
	d.Each(func(e Entry) bool {
		b.Add(e.Name, first, e.Value)
		first++
		return true
	})
	return b.Document()
}

// Len is the number of variables so far.
func (b *Builder) Len() int { return b.count }

// Document gives what was built, in the builder's own memory: nothing may be added any more.
func (b *Builder) Document() Document {
	switch {
	case b.count == 0:
		return nil
	case b.count < 0x80: // its count takes the one byte that was left for it
		b.raw[0] = byte(b.count)
		return b.raw[:len(b.raw):len(b.raw)]
	}
	head := binary.AppendUvarint(make([]byte, 0, len(b.raw)+2), uint64(b.count))
	return append(head, b.entries()...)
}

// entries is what was added, without the room for the count.
func (b *Builder) entries() []byte {
	if len(b.raw) == 0 {
		return nil
	}
	return b.raw[1:]
}
