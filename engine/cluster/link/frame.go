package link

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// A frame is a header of 12 bytes (magic, version, kind, 0, length of the body) and a body. Header
// and body of a refusal are the same in every version, so that nodes of any two versions can tell
// each other why they cannot talk. Numbers are big-endian; a text is its length in two bytes and
// UTF-8.
const (
	magic      = "PHLN"
	version    = 1
	headerSize = 12
	maxBody    = 4096
	maxName    = 255
	maxReason  = 1024
	nonceSize  = 32
	proofSize  = 32
)

// kind is what a frame says.
type kind uint8

// The kinds, in the order in which a handshake sends them; refused may come at any time.
const (
	kindHello     kind = 1 // caller: who, what for, whom, nonce
	kindChallenge kind = 2 // called: nonce
	kindProof     kind = 3 // caller: knows the secret
	kindWelcome   kind = 4 // called: who, knows the secret
	kindConfirm   kind = 5 // caller: the connection begins
	kindRefused   kind = 6 // either: why not, who
)

// foreignError is the error for bytes that are no handshake of this program.
type foreignError struct{ first [len(magic)]byte }

// tls tells whether it begins as TLS does: a record of type 22 with the major version 3.
func (e *foreignError) tls() bool { return e.first[0] == 22 && e.first[1] == 3 }

// Error shows the bytes.
func (e *foreignError) Error() string {
	return fmt.Sprintf("what came (%q) is no handshake of payhub", e.first[:])
}

// frame is one frame as it was read.
type frame struct {
	version uint16
	kind    kind
	body    []byte
	raw     []byte // header and body
}

// pack makes the bytes of a frame.
func pack(k kind, body []byte) []byte {
	raw := make([]byte, 0, headerSize+len(body))
	raw = append(raw, magic...)
	raw = binary.BigEndian.AppendUint16(raw, version)
	raw = append(raw, byte(k), 0)
	raw = binary.BigEndian.AppendUint32(raw, uint32(len(body)))
	return append(raw, body...)
}

// readFrame reads one frame and not a byte more. What is not the magic is refused after four bytes.
func readFrame(r io.Reader) (frame, error) {
	raw := make([]byte, headerSize)
	if _, err := io.ReadFull(r, raw[:len(magic)]); err != nil {
		return frame{}, err
	}
	if string(raw[:len(magic)]) != magic {
		return frame{}, &foreignError{first: [len(magic)]byte(raw)}
	}
	if _, err := io.ReadFull(r, raw[len(magic):]); err != nil {
		return frame{}, err
	}
	length := binary.BigEndian.Uint32(raw[8:])
	if length > maxBody {
		return frame{}, fmt.Errorf("a frame of %d bytes was announced, at most %d are allowed", length, maxBody)
	}
	raw = append(raw, make([]byte, length)...)
	if _, err := io.ReadFull(r, raw[headerSize:]); err != nil {
		return frame{}, err
	}
	return frame{version: binary.BigEndian.Uint16(raw[4:]), kind: kind(raw[6]), body: raw[headerSize:], raw: raw}, nil
}

// purpose is what a connection is for.
type purpose uint8

// The purposes.
const (
	purposeRaft  purpose = 1
	purposeRPC   purpose = 2
	purposeProbe purpose = 3
)

// route is where a connection goes to.
type route struct {
	purpose   purpose
	partition uint16 // of raft; 0 otherwise
}

// String names the route in logs.
func (r route) String() string {
	switch r.purpose {
	case purposeRaft:
		return fmt.Sprintf("raft of partition %d", r.partition)
	case purposeRPC:
		return "rpc"
	default:
		return "probe"
	}
}

// process is a node as one running process: two with the same identity differ in the instance.
type process struct {
	Identity
	instance [16]byte
}

// hello is the first frame of a caller.
type hello struct {
	from    process
	target  string // server id that is wanted; "" for a probe
	route   route
	secrets bool
	nonce   [nonceSize]byte
}

// challenge is the answer to a hello.
type challenge struct {
	secrets bool
	nonce   [nonceSize]byte
}

// welcome is the answer to a proof.
type welcome struct {
	from  process
	proof []byte
}

// refusal is the end of a handshake.
type refusal struct {
	reason string
	from   *Identity // nil while the peer has not proven that it may know
}

func (h hello) encode() []byte {
	b := appendProcess(nil, h.from)
	b = appendText(b, h.target)
	b = append(b, byte(h.route.purpose))
	b = binary.BigEndian.AppendUint16(b, h.route.partition)
	b = appendBool(b, h.secrets)
	return append(b, h.nonce[:]...)
}

func decodeHello(body []byte) (h hello, err error) {
	d := decoder{rest: body}
	h.from = d.process()
	h.target = d.text(2 * maxName)
	h.route = route{purpose(d.byte()), d.uint16()}
	h.secrets = d.bool()
	d.bytes(h.nonce[:])
	switch {
	case h.route.purpose < purposeRaft || h.route.purpose > purposeProbe:
		d.fail("purpose %d is unknown", h.route.purpose)
	case h.route.purpose != purposeRaft && h.route.partition != 0:
		d.fail("a partition is named for %s", h.route)
	}
	return h, d.end()
}

func (c challenge) encode() []byte { return append(appendBool(nil, c.secrets), c.nonce[:]...) }

func decodeChallenge(body []byte) (c challenge, err error) {
	d := decoder{rest: body}
	c.secrets = d.bool()
	d.bytes(c.nonce[:])
	return c, d.end()
}

func decodeProof(body []byte) ([]byte, error) {
	if len(body) != 0 && len(body) != proofSize {
		return nil, fmt.Errorf("a proof has %d bytes", len(body))
	}
	return body, nil
}

func (w welcome) encode() []byte { return append(appendProcess(nil, w.from), w.proof...) }

func decodeWelcome(body []byte) (w welcome, err error) {
	d := decoder{rest: body}
	w.from = d.process()
	if d.err != nil {
		return w, d.err
	}
	w.proof, err = decodeProof(d.rest)
	return w, err
}

func (r refusal) encode() []byte {
	reason := r.reason
	if len(reason) > maxReason {
		reason = reason[:maxReason]
		for !utf8.ValidString(reason) {
			reason = reason[:len(reason)-1]
		}
	}
	b := appendBool(appendText(nil, reason), r.from != nil)
	if r.from != nil {
		b = appendIdentity(b, *r.from)
	}
	return b
}

// decodeRefusal passes over what later versions may add.
func decodeRefusal(body []byte) (r refusal, err error) {
	d := decoder{rest: body}
	r.reason = d.text(maxReason)
	if d.bool() {
		from := d.identity()
		r.from = &from
	}
	return r, d.err
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(text))), text...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendIdentity(b []byte, i Identity) []byte {
	b = appendText(b, i.ClusterID)
	b = binary.BigEndian.AppendUint32(b, uint32(i.Node))
	b = appendText(appendText(b, i.Generation), i.Version)
	return binary.BigEndian.AppendUint32(b, uint32(i.Format))
}

func appendProcess(b []byte, p process) []byte {
	return append(appendIdentity(b, p.Identity), p.instance[:]...)
}

// decoder takes fields from a body; the first mistake stays.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(format string, arguments ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, arguments...)
	}
}

// take gives the next n bytes, zeros when there are too few.
func (d *decoder) take(n int) []byte {
	if d.err != nil || len(d.rest) < n {
		d.fail("the frame ends after %d bytes of a field of %d", len(d.rest), n)
		return make([]byte, n)
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) bytes(into []byte) { copy(into, d.take(len(into))) }

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) bool() bool {
	b := d.byte()
	if b > 1 {
		d.fail("%d is neither yes nor no", b)
	}
	return b == 1
}

func (d *decoder) uint16() uint16 { return binary.BigEndian.Uint16(d.take(2)) }

func (d *decoder) number() int32 {
	n := int32(binary.BigEndian.Uint32(d.take(4)))
	if n < 0 {
		d.fail("%d is negative", n)
	}
	return n
}

func (d *decoder) text(limit int) string {
	n := int(d.uint16())
	if n > limit {
		d.fail("a text of %d bytes, at most %d are allowed", n, limit)
		return ""
	}
	text := string(d.take(n))
	if !utf8.ValidString(text) {
		d.fail("a text is not UTF-8")
	}
	return text
}

func (d *decoder) identity() Identity {
	i := Identity{ClusterID: d.text(maxName), Node: d.number(), Generation: d.text(maxName), Version: d.text(maxName), Format: int(d.number())}
	if err := i.check(); err != nil {
		d.fail("%w", err)
	}
	return i
}

func (d *decoder) process() (p process) {
	p.Identity = d.identity()
	d.bytes(p.instance[:])
	return p
}

// end refuses what is left.
func (d *decoder) end() error {
	if len(d.rest) > 0 {
		d.fail("%d bytes are left over", len(d.rest))
	}
	return d.err
}
