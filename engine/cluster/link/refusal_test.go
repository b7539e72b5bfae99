package link_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/cluster/link"
	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

// refusalCase is two nodes that cannot be connected: what differs from two that can, and what both
// sides say.
type refusalCase struct {
	name           string
	caller, called func(*link.Config)
	target         string // "" is the called node's own id
	want           string
	then           func() // between start and call
}

func nothing(*link.Config) {}

// as changes who a node is.
func as(change func(*link.Identity)) func(*link.Config) {
	return func(c *link.Config) { change(&c.Self) }
}

// accepting asks about peers.
func accepting(reason string) func(*link.Config) {
	return func(c *link.Config) {
		c.Accept = func(peer link.Identity) error { return errors.New(peer.ServerID() + " " + reason) }
	}
}

func TestBothSidesSayWhyAPeerIsRefused(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "nodes")
	renewables := map[int32]*renewable{}
	tls := func(node int32) func(*link.Config) {
		return func(c *link.Config) { // good at the start; what is wrong comes by replacing the files
			r := &renewable{node: node, dir: t.TempDir()}
			r.renew(t, ca, ca)
			renewables[node], c.TLS = r, r.source
		}
	}
	swap := func(node, with int32, cluster string) func() {
		return func() {
			ca.Node(t, with, cluster).Write(t, renewables[node].dir, ca)
			if err := renewables[node].source.Reload(); err != nil {
				t.Fatal(err)
			}
		}
	}
	unbound := withTLS(sourceOf(t, ca.Issue(t, certificatetest.Options{Name: "any", DNS: []string{"localhost"}}), ca))
	for _, c := range []refusalCase{
		{"another cluster", as(func(i *link.Identity) { i.ClusterID = "d" }), nothing, "", `0-g0 is of cluster "d", 1-g1 of cluster "c"`, nil},
		{"another generation than was called", nothing, nothing, "1-old", `1-old was called and 1-g1 of cluster "c" (version 1.0.0, data format 1) answers`, nil},
		{"the same number", as(func(i *link.Identity) { i.Node = 1 }), nothing, "", "two nodes have the number 1, 1-g1 and 1-g0", nil},
		{"the same data", as(func(i *link.Identity) { i.Node, i.Generation = 1, "g1" }), nothing, "", "two processes run as 1-g1", nil},
		{"the called one does not want the caller", nothing, accepting("is no member"), "", "0-g0 is no member", nil},
		{"the caller does not want the called one", accepting("was removed"), nothing, "", "1-g1 was removed", nil},
		{"other secrets", secret("x"), secret("y"), "", "differ: set the same engine.secret", nil},
		{"a secret at the called side alone", nothing, secret("y"), "", "has none: set the same engine.secret", nil},
		{"a secret at the caller alone", secret("y"), nothing, "", "has none: set the same engine.secret", nil},
		{"a plain caller of TLS", nothing, tls(1), "", "1-g1 speaks TLS and its caller does not", nil},
		{"a TLS caller of a plain node", tls(0), nothing, "", "speaks without TLS and", nil},
		{"the certificate of another node, caller", tls(0), tls(1), "", "the certificate of 0-g0 is for node-7.c and not for node-0.c", swap(0, 7, "c")},
		{"the certificate of another node, called", tls(0), tls(1), "", "the certificate of 1-g1 is for node-7.c and not for node-1.c", swap(1, 7, "c")},
		{"a certificate for another cluster", tls(0), tls(1), "", "the certificate of 0-g0 is for node-0.d", swap(0, 0, "d")},
		{"a certificate for any node", unbound, unbound, "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) { refuses(t, c) })
	}
}

// refuses runs a case.
func refuses(t *testing.T, c refusalCase) {
	d := &directory{}
	caller, called := start(t, d, identity(0), c.caller), start(t, d, identity(1), c.called)
	called.echo()
	if c.target == "" {
		c.target = "1-g1"
	}
	d.set(c.target, called.address)
	if c.then != nil {
		c.then()
	}
	err := visit(t, caller, c.target)
	if c.want == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var refused *link.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, c.want) {
		t.Fatalf("the error is %v, a refusal with %q was expected", err, c.want)
	}
	want := strings.ReplaceAll(c.want, `"`, `\"`)
	if n := len(caller.log.lines(want)); n != 1 {
		t.Errorf("the caller said it %d times", n)
	}
	eventually(t, "the called side says it once", func() bool { return len(called.log.lines(want)) == 1 })
	if caller.Stats().Open != 0 {
		t.Error("a refused connection is open")
	}
	eventually(t, "the called side has nothing open", func() bool { s := called.Stats(); return s.Open+s.Pending == 0 })
}

func TestBadCertificatesAreRefused(t *testing.T) {
	ca, foreign := certificatetest.NewAuthority(t, "nodes"), certificatetest.NewAuthority(t, "others")
	const life = 2500 * time.Millisecond
	type guard = func(t *testing.T) func(*link.Config)
	good := func(n int32) guard {
		return func(t *testing.T) func(*link.Config) { return withTLS(sourceOf(t, ca.Node(t, n, "c"), ca)) }
	}
	stranger := func(t *testing.T) func(*link.Config) {
		return withTLS(sourceOf(t, foreign.Node(t, 0, "c"), foreign))
	}
	half := func(t *testing.T) func(*link.Config) { // trusts, is not trusted
		return withTLS(sourceOf(t, foreign.Node(t, 0, "c"), foreign, ca))
	}
	short := func(t *testing.T) func(*link.Config) {
		pair := ca.Issue(t, certificatetest.Options{Name: "n", NotAfter: time.Now().Add(life)})
		return withTLS(sourceOf(t, pair, ca))
	}
	for _, c := range []struct {
		name             string
		caller, called   guard
		wait             time.Duration
		atCaller, logged string
	}{
		{"wrong authority on both sides", stranger, good(1), 0, "unknown authority", "bad certificate"},
		{"caller of a wrong authority", half, good(1), 0, "unknown certificate authority", "unknown authority"},
		{"caller whose certificate expired", short, good(1), life, "expired certificate", "expired"},
		{"called one whose certificate expired", good(0), short, life, "expired", "bad certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := &directory{}
			caller, called := start(t, d, identity(0), c.caller(t)), start(t, d, identity(1), c.called(t))
			called.echo()
			time.Sleep(c.wait)
			if err := visit(t, caller, "1-g1"); err == nil || !strings.Contains(err.Error(), c.atCaller) {
				t.Errorf("the caller's error is %v, it should contain %q", err, c.atCaller)
			}
			eventually(t, "the called side says why", func() bool { return len(called.log.lines(c.logged)) == 1 })
		})
	}
}

func TestAStreamThatIsNotOpenIsRefused(t *testing.T) {
	d := &directory{}
	a, b := start(t, d, identity(0)), start(t, d, identity(1))
	if err := visit(t, a, "1-g1"); err == nil || !strings.Contains(err.Error(), "rpc is not open at 1-g1") {
		t.Errorf("calls: %v", err)
	}
	layer := a.Raft(3)
	if _, err := layer.Dial("1-g1", time.Second); err == nil || !strings.Contains(err.Error(), "raft of partition 3 is not open at 1-g1") {
		t.Errorf("raft: %v", err)
	}
	b.Raft(3)
	c, err := layer.Dial("1-g1", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	b.CloseRaft(3)
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlived its partition")
	}
	if layer.Addr().String() != "0-g0" || a.Raft(3) != layer {
		t.Error("an open partition has one stream")
	}
	a.CloseRaft(3)
	if _, err := layer.Dial("1-g1", time.Second); err == nil {
		t.Error("a closed partition connected")
	}
}

func TestTheSameRefusalIsLoggedOnceAMinute(t *testing.T) {
	d := &directory{}
	a, b := start(t, d, identity(0), secret("x")), start(t, d, identity(1), secret("y"))
	for range 20 {
		if err := visit(t, a, "1-g1"); err == nil {
			t.Fatal("it was accepted")
		}
	}
	eventually(t, "20 refusals", func() bool { return b.Stats().Refused == 20 })
	if x, y := len(a.log.lines("engine.secret")), len(b.log.lines("engine.secret")); x != 1 || y != 1 {
		t.Errorf("20 refusals made %d and %d lines", x, y)
	}
}
