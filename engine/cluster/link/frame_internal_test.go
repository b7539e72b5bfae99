package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawIdentity draws a node.
func drawIdentity(t *rapid.T) Identity {
	return Identity{
		ClusterID: rapid.StringN(1, 40, maxName).Draw(t, "cluster"), Node: rapid.Int32Min(0).Draw(t, "node"),
		Generation: rapid.StringN(1, 40, maxName).Draw(t, "generation"), Version: rapid.StringN(0, 40, maxName).Draw(t, "version"),
		Format: int(rapid.Int32Min(0).Draw(t, "format")),
	}
}

// drawProcess draws a running node.
func drawProcess(t *rapid.T) process {
	return process{drawIdentity(t), [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "instance"))}
}

// drawNonce draws random bytes.
func drawNonce(t *rapid.T) [nonceSize]byte {
	return [nonceSize]byte(rapid.SliceOfN(rapid.Byte(), nonceSize, nonceSize).Draw(t, "nonce"))
}

// same packs a body, reads the frame back and compares.
func same[T any](t *rapid.T, k kind, value T, body []byte, decode func([]byte) (T, error)) {
	more := append(pack(k, body), "what follows is not read"...)
	r := bytes.NewReader(more)
	f, err := readFrame(r)
	if err != nil || f.kind != k || f.version != version || r.Len() != len("what follows is not read") {
		t.Fatalf("frame %+v, %v, %d bytes left", f, err, r.Len())
	}
	got, err := decode(f.body)
	if err != nil || !reflect.DeepEqual(got, value) {
		t.Fatalf("%+v (%v) was %+v", got, err, value)
	}
	for cut := range more[:headerSize+len(body)] {
		if _, err := readFrame(bytes.NewReader(more[:cut])); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", cut, len(more), err)
		}
	}
}

func TestFramesAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := hello{from: drawProcess(t), target: rapid.StringN(0, 40, maxName).Draw(t, "target"), secrets: rapid.Bool().Draw(t, "secrets"), nonce: drawNonce(t)}
		h.route.purpose = rapid.SampledFrom([]purpose{purposeRaft, purposeRPC, purposeProbe}).Draw(t, "purpose")
		if h.route.purpose == purposeRaft {
			h.route.partition = rapid.Uint16().Draw(t, "partition")
		}
		same(t, kindHello, h, h.encode(), decodeHello)
		c := challenge{rapid.Bool().Draw(t, "secrets"), drawNonce(t)}
		same(t, kindChallenge, c, c.encode(), decodeChallenge)
		nonce := drawNonce(t)
		w := welcome{from: drawProcess(t), proof: nonce[:rapid.SampledFrom([]int{0, proofSize}).Draw(t, "proof")]}
		same(t, kindWelcome, w, w.encode(), decodeWelcome)
		r := refusal{reason: rapid.StringN(0, 100, maxReason).Draw(t, "reason")}
		if rapid.Bool().Draw(t, "known") {
			from := drawIdentity(t)
			r.from = &from
		}
		same(t, kindRefused, r, r.encode(), decodeRefusal)
	})
}

func TestALongReasonIsCutBetweenCharacters(t *testing.T) {
	r, err := decodeRefusal(refusal{reason: "x" + strings.Repeat("ä", maxReason)}.encode())
	if err != nil || len(r.reason) != maxReason-1 || !strings.HasSuffix(r.reason, "ä") {
		t.Errorf("%d bytes, %v", len(r.reason), err)
	}
}

// FuzzFrame: whatever comes, reading it neither panics nor takes more memory than a frame has, and
// what is accepted is written the same again.
func FuzzFrame(f *testing.F) {
	self := process{Identity: Identity{ClusterID: "c", Node: 1, Generation: "g", Version: "v", Format: 1}}
	f.Add(pack(kindHello, hello{from: self, target: "2-x", route: route{purposeRaft, 3}}.encode()))
	f.Add(pack(kindChallenge, challenge{secrets: true}.encode()))
	f.Add(pack(kindWelcome, welcome{from: self, proof: make([]byte, proofSize)}.encode()))
	f.Add(pack(kindRefused, refusal{reason: "no", from: &self.Identity}.encode()))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte("PHLN\x00\x01\x01\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := readFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		if len(frame.body) > maxBody {
			t.Fatalf("a body of %d bytes", len(frame.body))
		}
		if h, err := decodeHello(frame.body); err == nil && !bytes.Equal(h.encode(), frame.body) {
			t.Errorf("hello %+v is written otherwise", h)
		}
		if c, err := decodeChallenge(frame.body); err == nil && !bytes.Equal(c.encode(), frame.body) {
			t.Errorf("challenge %+v is written otherwise", c)
		}
		if w, err := decodeWelcome(frame.body); err == nil && !bytes.Equal(w.encode(), frame.body) {
			t.Errorf("welcome %+v is written otherwise", w)
		}
		if r, err := decodeRefusal(frame.body); err == nil && !bytes.HasPrefix(frame.body, r.encode()) {
			t.Errorf("refusal %+v is written otherwise", r)
		}
	})
}

// FuzzServer: whatever a caller sends to a listening link, it ends, and an honest caller is served
// afterwards.
func FuzzServer(f *testing.F) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	l, err := Open(Config{
		Listener: listener, Self: Identity{ClusterID: "c", Node: 1, Generation: "g"}, HandshakeTimeout: time.Second,
		Resolve: func(string) (string, error) { return listener.Addr().String(), nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	calls := l.RPC()
	go func() {
		for c, err := calls.Accept(); err == nil; c, err = calls.Accept() {
			_ = c.Close()
		}
	}()
	peer := process{Identity: Identity{ClusterID: "c", Node: 2, Generation: "h"}}
	hi := pack(kindHello, hello{from: peer, target: "1-g", route: route{purpose: purposeRPC}}.encode())
	f.Add(hi, pack(kindProof, nil))
	f.Add(hi, append(pack(kindProof, nil), pack(kindConfirm, nil)...))
	f.Add(hi, pack(kindRefused, refusal{reason: "no"}.encode()))
	f.Add([]byte{22, 3, 1, 0, 200}, []byte("x"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(append(bytes.Clone(first), second...))
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, err = io.Copy(io.Discard, conn)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Error("the link did not end the connection")
		}
		_ = conn.Close()
	})
}

// TestAnotherVersionIsToldSo speaks to a link as a later version would.
func TestAnotherVersionIsToldSo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(Config{
		Listener: listener, Self: Identity{ClusterID: "c", Node: 1, Generation: "g"},
		Resolve: func(string) (string, error) { return "", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	later := func(k kind, body string) []byte {
		raw := pack(k, []byte(body))
		binary.BigEndian.PutUint16(raw[4:], 9)
		return raw
	}
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(later(kindHello, "in a form nobody knows yet")); err != nil {
		t.Fatal(err)
	}
	f, err := readFrame(conn)
	if err != nil || f.kind != kindRefused {
		t.Fatalf("%+v, %v", f, err)
	}
	if r, err := decodeRefusal(f.body); err != nil || !strings.Contains(r.reason, "speaks version 9 of the protocol between nodes, 1-g version 1") {
		t.Errorf("%+v, %v", r, err)
	}

	server, err := net.Listen("tcp", "127.0.0.1:0") // a later node, which refuses this version
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	go func() {
		c, err := server.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = readFrame(c)
		r := refusal{reason: "too old", from: &Identity{ClusterID: "c", Generation: "new"}}
		_, _ = c.Write(later(kindRefused, string(r.encode())+"and something new"))
	}()
	var refused *RefusedError
	if who, err := l.Probe(t.Context(), server.Addr().String()); !errors.As(err, &refused) || refused.Reason != "too old" || who.ServerID() != "0-new" {
		t.Errorf("%v, %v", who, err)
	}
}
