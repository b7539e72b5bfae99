package link_test

import (
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/cluster/link"
)

// honest calls a node many times while something else goes on, and says how long the slowest took.
func honest(t *testing.T, from *node, serverID string, calls int) time.Duration {
	t.Helper()
	slowest := time.Duration(0)
	for range calls {
		begin := time.Now()
		if err := visit(t, from, serverID); err != nil {
			t.Fatalf("an honest node was kept out: %v", err)
		}
		slowest = max(slowest, time.Since(begin))
	}
	return slowest
}

// crowd connects n times to an address and does something with each connection.
func crowd(t *testing.T, address string, n int, do func(i int, c net.Conn)) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, 0, n)
	for i := range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		do(i, c)
	}
	t.Cleanup(func() {
		for _, c := range conns {
			_ = c.Close()
		}
	})
	return conns
}

func TestAThousandIdleConnectionsKeepNobodyOut(t *testing.T) {
	guarded(t, func(t *testing.T, guard func(int32) func(*link.Config)) {
		d := &directory{}
		a, b := start(t, d, identity(0), guard(0)), start(t, d, identity(1), guard(1))
		b.echo()
		crowd(t, b.address, 1000, func(int, net.Conn) {})
		slowest := honest(t, a, "1-g1", 20)
		if pending := b.Stats().Pending; pending > 256 {
			t.Errorf("%d handshakes are under way", pending)
		}
		if slowest > 5*time.Second {
			t.Errorf("an honest call took %v", slowest)
		}
		if n := len(b.log.lines("")); n > 30 {
			t.Errorf("the log has %d lines", n)
		}
		t.Logf("slowest honest call: %v", slowest)
	})
}

func TestSlowAndBrokenHandshakesEnd(t *testing.T) {
	d := &directory{}
	a, b := start(t, d, identity(0)), start(t, d, identity(1), func(c *link.Config) { c.HandshakeTimeout = 300 * time.Millisecond })
	b.echo()
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []func(c net.Conn){
		func(net.Conn) {}, // says nothing
		func(c net.Conn) { _, _ = io.WriteString(c, "PHLN\x00\x01\x01\x00\x00\x00") },                    // stops in the header
		func(c net.Conn) { _, _ = io.WriteString(c, "PHLN\x00\x01\x01\x00\x00\x00\x0f\xffx") },           // stops in the body
		func(c net.Conn) { _, _ = io.WriteString(c, "PHLN\x00\x01\x01\x00\xff\xff\xff\xff") },            // announces 4 GiB
		func(c net.Conn) { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") },               // a browser
		func(c net.Conn) { _ = c.Close() },                                                               // a port scanner
		func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() },                            // a rude one
		func(c net.Conn) { go func() { _ = tls.Client(c, &tls.Config{ServerName: "x"}).Handshake() }() }, // TLS
		func(c net.Conn) { _, _ = io.WriteString(c, "PHLN\x00\x01\x05\x00\x00\x00\x00\x00") },            // begins at the end
		func(c net.Conn) { b := make([]byte, 200); fill(random, b); _, _ = c.Write(b) },                  // noise
		func(c net.Conn) { _ = c.(*net.TCPConn).CloseWrite() },                                           // half closed
	}
	conns := crowd(t, b.address, 20*len(kinds), func(i int, c net.Conn) { kinds[i%len(kinds)](c) })
	slowest := honest(t, a, "1-g1", 20)
	eventually(t, "every handshake has ended", func() bool { return b.Stats().Pending == 0 })
	for i, c := range conns {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			t.Errorf("connection %d of kind %d is still open", i, i%len(kinds))
		}
	}
	if got := b.Stats(); got.Accepted != 20 || got.Refused+got.Failed < int64(18*len(kinds)) {
		t.Errorf("figures are %+v", got)
	}
	t.Logf("slowest honest call: %v; %+v", slowest, b.Stats())
}

// fill fills with random bytes.
func fill(random *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(random.Uint32())
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

func TestTooManyConnectionsOfAPeerEndItsOldest(t *testing.T) {
	d := &directory{}
	a, b := start(t, d, identity(0)), start(t, d, identity(1))
	listener := b.RPC()
	var out []net.Conn
	for range 140 { // nobody takes them up until there are 128
		c, err := a.DialRPC(within(t, 5*time.Second), "1-g1")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		out = append(out, c)
		in, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		go func() { _, _ = io.Copy(in, in) }()
	}
	eventually(t, "the oldest are ended", func() bool { return b.Stats().Open == 128 })
	works := func(c net.Conn) bool { return say(c, "x") == nil }
	if slices.ContainsFunc(out[:12], works) {
		t.Error("an old connection is open")
	}
	for i, c := range out[12:] {
		if !works(c) {
			t.Errorf("connection %d was ended", 12+i)
		}
	}
}

func TestConnectionsThatNobodyTakesUpAreBounded(t *testing.T) {
	d := &directory{}
	b := start(t, d, identity(9))
	b.RPC()
	for n := range int32(3) {
		from := start(t, d, identity(n))
		for range 60 {
			c, err := from.DialRPC(within(t, 5*time.Second), "9-g9")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
		}
	}
	eventually(t, "a full queue", func() bool { return b.Stats().Accepted == 180 && b.Stats().Open == 128 })
	eventually(t, "a line about it", func() bool { return len(b.log.lines("nobody accepts connections of rpc")) > 0 })
}
