package link_test

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/cluster/link"
	"github.com/payhub/payhub/internal/certificate"
	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

// renewable is a node's certificate files.
type renewable struct {
	node   int32
	dir    string
	source *certificate.Source
}

// renew writes a new certificate and authorities, and loads them.
func (r *renewable) renew(t *testing.T, signs *certificatetest.Authority, trusted ...*certificatetest.Authority) {
	t.Helper()
	files := signs.Node(t, r.node, "c").Write(t, r.dir, trusted...)
	var err error
	if r.source == nil {
		if r.source, err = certificate.Open(files.Cert, files.Key, files.CA, nil); err == nil {
			t.Cleanup(r.source.Close)
		}
	} else {
		err = r.source.Reload()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCertificatesAndAuthorityAreReplacedWithoutADrop(t *testing.T) {
	before, after := certificatetest.NewAuthority(t, "before"), certificatetest.NewAuthority(t, "after")
	d := &directory{}
	var nodes []*node
	var files []*renewable
	for n := range int32(3) {
		r := &renewable{node: n, dir: t.TempDir()}
		r.renew(t, before, before)
		files = append(files, r)
		nodes = append(nodes, start(t, d, identity(n), func(c *link.Config) { c.TLS = r.source }))
		nodes[n].echo()
	}
	var open []net.Conn
	for i := range 50 {
		c, err := nodes[i%3].DialRPC(within(t, 10*time.Second), identity(int32(i+1)%3).ServerID())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		open = append(open, c)
	}
	var stop atomic.Bool
	var said, dialled atomic.Int64
	var running sync.WaitGroup
	for _, c := range open {
		running.Go(func() {
			for !stop.Load() {
				if err := say(c, "payment"); err != nil {
					t.Errorf("an open connection was dropped: %v", err)
					return
				}
				said.Add(1)
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	for i := range 3 {
		running.Go(func() {
			for !stop.Load() {
				if err := visit(t, nodes[i], identity(int32(i+1)%3).ServerID()); err != nil {
					t.Errorf("a new connection failed: %v", err)
					return
				}
				dialled.Add(1)
			}
		})
	}
	both := []*certificatetest.Authority{before, after}
	for _, step := range []struct {
		signs   *certificatetest.Authority
		trusted []*certificatetest.Authority
	}{{before, both[:1]}, {before, both}, {after, both}, {after, both[1:]}, {after, both[1:]}} {
		for _, r := range files { // one node after the other
			r.renew(t, step.signs, step.trusted...)
			words, dials := said.Load(), dialled.Load()
			eventually(t, "traffic after a renewal", func() bool {
				return t.Failed() || said.Load() >= words+50 && dialled.Load() >= dials+3
			})
		}
	}
	stop.Store(true)
	running.Wait()
	outsider := start(t, d, identity(5), withTLS(sourceOf(t, before.Node(t, 5, "c"), before, after)))
	if err := visit(t, outsider, "0-g0"); err == nil {
		t.Error("a certificate of the authority that was taken away was accepted")
	}
	t.Logf("15 renewals, 50 open connections with %d words, %d new connections, none dropped", said.Load(), dialled.Load())
}
