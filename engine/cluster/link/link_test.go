package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/engine/cluster/link"
	"github.com/payhub/payhub/internal/certificate"
	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// directory is where nodes find each other.
type directory struct {
	mu        sync.Mutex
	addresses map[string]string
}

func (d *directory) set(serverID, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.addresses == nil {
		d.addresses = map[string]string{}
	}
	d.addresses[serverID] = address
}

func (d *directory) resolve(serverID string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if address, ok := d.addresses[serverID]; ok {
		return address, nil
	}
	return "", errors.New("no member has this id")
}

// journal is a log that can be read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// lines gives the lines with a text in them.
func (j *journal) lines(part string) (found []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return found
}

// node is a link under test.
type node struct {
	*link.Link
	id      link.Identity
	address string
	log     *journal
}

// identity is node n of the cluster "c".
func identity(n int32) link.Identity {
	return link.Identity{ClusterID: "c", Node: n, Generation: fmt.Sprintf("g%d", n), Version: "1.0.0", Format: 1}
}

// start opens a link and names it in the directory.
func start(t *testing.T, d *directory, id link.Identity, change ...func(*link.Config)) *node {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &node{id: id, address: listener.Addr().String(), log: &journal{}}
	config := link.Config{Listener: listener, Self: id, Resolve: d.resolve, Logger: slog.New(slog.NewTextHandler(n.log, nil))}
	for _, c := range change {
		c(&config)
	}
	if n.Link, err = link.Open(config); err != nil {
		_ = listener.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("closing %s: %v", id.ServerID(), err)
		}
	})
	d.set(id.ServerID(), n.address)
	return n
}

// Ways to change a configuration.
func secret(s string) func(*link.Config) { return func(c *link.Config) { c.Secret = []byte(s) } }

func withTLS(s *certificate.Source) func(*link.Config) { return func(c *link.Config) { c.TLS = s } }

// sourceOf writes a pair to a folder of its own and opens it.
func sourceOf(t *testing.T, pair certificatetest.Pair, authorities ...*certificatetest.Authority) *certificate.Source {
	t.Helper()
	files := pair.Write(t, t.TempDir(), authorities...)
	s, err := certificate.Open(files.Cert, files.Key, files.CA, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// within is a context for one call.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// echo answers calls of other nodes with what they send.
func (n *node) echo() {
	listener := n.RPC()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
}

// say sends a text and reads it back.
func say(c net.Conn, text string) error {
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, len(text)))
	return err
}

// visit dials, says something and hangs up.
func visit(t *testing.T, from *node, serverID string) error {
	t.Helper()
	c, err := from.DialRPC(within(t, 10*time.Second), serverID)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return say(c, "hello")
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("this did not come: %s", what)
		}
	}
}

// guarded runs a test in each way a cluster can be guarded.
func guarded(t *testing.T, test func(t *testing.T, guard func(n int32) func(*link.Config))) {
	t.Run("open", func(t *testing.T) {
		test(t, func(int32) func(*link.Config) { return func(*link.Config) {} })
	})
	t.Run("secret", func(t *testing.T) {
		test(t, func(int32) func(*link.Config) { return secret("s") })
	})
	t.Run("tls", func(t *testing.T) {
		ca := certificatetest.NewAuthority(t, "nodes")
		test(t, func(n int32) func(*link.Config) { return withTLS(sourceOf(t, ca.Node(t, n, "c"), ca)) })
	})
	t.Run("tls and secret", func(t *testing.T) {
		ca := certificatetest.NewAuthority(t, "nodes")
		test(t, func(n int32) func(*link.Config) {
			return func(c *link.Config) {
				secret("s")(c)
				withTLS(sourceOf(t, ca.Node(t, n, "c"), ca))(c)
			}
		})
	})
}

func TestNodesCallEachOther(t *testing.T) {
	guarded(t, func(t *testing.T, guard func(int32) func(*link.Config)) {
		d := &directory{}
		a, b := start(t, d, identity(0), guard(0)), start(t, d, identity(1), guard(1))
		listener := b.RPC()
		out, err := a.DialRPC(within(t, 5*time.Second), "1-g1")
		if err != nil {
			t.Fatal(err)
		}
		in, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := in.RemoteAddr().(link.Addr).Node; got != a.id {
			t.Errorf("the caller is %v", got)
		}
		if got := out.(*link.Conn).Peer(); got != b.id {
			t.Errorf("the called one is %v", got)
		}
		if listener.Addr().String() != "1-g1" || out.RemoteAddr().String() != "1-g1" {
			t.Errorf("addresses are %v and %v", listener.Addr(), out.RemoteAddr())
		}
		go func() { _, _ = io.Copy(in, in) }()
		if err := say(out, strings.Repeat("x", 1<<20)); err != nil {
			t.Error(err)
		}
		if got := b.Stats(); got.Open != 1 || got.Accepted != 1 || got.Pending != 0 {
			t.Errorf("figures are %+v", got)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if err := say(out, "x"); err == nil {
			t.Error("the connection outlived the link")
		}
		if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accepting from a closed link: %v", err)
		}
		_ = out.Close()
		if got := a.Stats().Open; got != 0 {
			t.Errorf("%d connections are left", got)
		}
	})
}

func TestAProbeTellsWhoIsThere(t *testing.T) {
	guarded(t, func(t *testing.T, guard func(int32) func(*link.Config)) {
		d := &directory{}
		a, b := start(t, d, identity(0), guard(0)), start(t, d, identity(1), guard(1))
		got, err := a.Probe(within(t, 5*time.Second), b.address)
		if err != nil || got != b.id {
			t.Errorf("%v, %v", got, err)
		}
		var refused *link.RefusedError
		if got, err = a.Probe(within(t, 5*time.Second), a.address); !errors.As(err, &refused) || got != a.id || !strings.Contains(refused.Reason, "0-g0 reached itself") {
			t.Errorf("probing oneself: %v, %v", got, err)
		}
		if b.Stats().Open != 0 || a.Stats().Open != 0 {
			t.Error("a probe left connections")
		}
	})
}

func TestANodeIsFoundWhereItIsNow(t *testing.T) {
	d := &directory{}
	a, b := start(t, d, identity(0)), start(t, d, identity(1))
	b.echo()
	if err := visit(t, a, "1-g1"); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if err := visit(t, a, "1-g1"); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a node that is gone: %v", err)
	}
	moved := start(t, d, identity(1))
	moved.echo()
	if err := visit(t, a, "1-g1"); err != nil {
		t.Errorf("the node's new address was not followed: %v", err)
	}
	if err := visit(t, a, "5-g5"); err == nil || !strings.Contains(err.Error(), "where 5-g5 is reached is not known") {
		t.Errorf("a node without address: %v", err)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	d := &directory{}
	a := start(t, d, identity(0), func(c *link.Config) { c.HandshakeTimeout = time.Minute })
	d.set("1-g1", silent.Addr().String())
	begin := time.Now()
	if _, err := a.DialRPC(within(t, 50*time.Millisecond), "1-g1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after its deadline: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = a.Close() })
	if _, err := a.DialRPC(t.Context(), "1-g1"); err == nil {
		t.Error("a closed link connected")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	ca, foreign := certificatetest.NewAuthority(t, "nodes"), certificatetest.NewAuthority(t, "nodes")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	good := link.Config{Listener: listener, Self: identity(0), Resolve: (&directory{}).resolve}
	for want, change := range map[string]func(*link.Config){
		"a listener":            func(c *link.Config) { c.Listener = nil },
		"cluster id has 0":      func(c *link.Config) { c.Self.ClusterID = "" },
		"generation has 0":      func(c *link.Config) { c.Self.Generation = "" },
		"version has 256 bytes": func(c *link.Config) { c.Self.Version = strings.Repeat("v", 256) },
		"cannot be negative":    func(c *link.Config) { c.Self.Node = -1 },
		"would refuse":          withTLS(sourceOf(t, foreign.Node(t, 0, "c"), ca)),
		"is for node-7.c":       withTLS(sourceOf(t, ca.Node(t, 7, "c"), ca)),
		"is for node-0.d":       withTLS(sourceOf(t, ca.Node(t, 0, "d"), ca)),
	} {
		config := good
		change(&config)
		if l, err := link.Open(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q was expected: %v", want, err)
			if l != nil {
				_ = l.Close()
			}
		}
	}
}
