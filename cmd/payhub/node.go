package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/cluster/gossip"
	"github.com/payhub/payhub/internal/certificate"
	"github.com/payhub/payhub/internal/config"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// drainTime is how long a node may take to end after it was asked to; a second signal ends it at
// once.
const drainTime = 9 * time.Second

// fatalTime is how long a node may take to end after an error of its disk: until then callers wait for answers that
// others could give.
const fatalTime = 300 * time.Millisecond

// requestDrain is how much of it goes to HTTP requests that are under way. A caller that sends its
// request slowly must not use up the time of the handlers that have money in their hands.
const requestDrain = 2 * time.Second

// requestTime is how long a caller may take to send a request, head and body: one that never ends must not keep a
// connection for ever. No request that is taken is longer than 64 KiB.
const requestTime = 15 * time.Second

// node is one payhub process: its configuration, its listeners, and what runs in it. Parts
// register what ends them and what makes them ready; parts.go starts them.
type node struct {
	*config.Loaded
	log       *slog.Logger
	metrics   *prometheus.Registry
	listeners listeners
	gossip    *gossip.Sockets
	// clients are the certificates that the listeners for clients show and ask for; nil: they are open to everybody.
	clients *certificate.Source
	backups backupService
	// dev is set for `payhub dev`: simulators and two tenants with ledgers.
	dev bool

	lock   sync.Mutex
	stops  []stop
	checks []check
	fatal  chan error
	failed atomic.Bool // something fatal has happened
}

type stop struct {
	what string
	do   func(context.Context) error
}

type check struct {
	what string
	do   func() error
}

func newNode(loaded *config.Loaded, log *slog.Logger) *node {
	n := &node{Loaded: loaded, log: log, metrics: prometheus.NewRegistry(), listeners: listeners{}, fatal: make(chan error, 1)}
	n.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return n
}

// onStop registers what ends a part. Parts end in the opposite order of their start.
func (n *node) onStop(what string, do func(context.Context) error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.stops = append(n.stops, stop{what, do})
}

// onReady registers what must hold for the node to be ready; an error says what does not.
func (n *node) onReady(what string, do func() error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.checks = append(n.checks, check{what, do})
}

// notReady lists the checks that do not pass, with their reasons.
func (n *node) notReady() []string {
	n.lock.Lock()
	checks := append([]check(nil), n.checks...)
	n.lock.Unlock()
	var reasons []string
	for _, c := range checks {
		if err := c.do(); err != nil {
			reasons = append(reasons, c.what+": "+err.Error())
		}
	}
	return reasons
}

// fail ends the node because of an error after which nothing may be acknowledged any more. It
// may be called from any goroutine; the first error counts.
func (n *node) fail(err error) {
	n.failed.Store(true)
	select {
	case n.fatal <- err:
	default:
	}
}

// serveHTTP serves a handler on a bound listener until the node ends.
func (n *node) serveHTTP(name string, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadTimeout: requestTime, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
	listener := n.listeners[name]
	go func() {
		if err := n.serveOn(server, listener); !errors.Is(err, http.ErrServerClosed) {
			n.fail(fmt.Errorf("the %s listener ended: %w", name, err))
		}
	}()
	n.onStop(name+" listener", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, requestDrain)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			return server.Close()
		}
		return nil
	})
}

// run starts the node, writes its addresses once everything is ready, and ends it when the
// context ends or something fatal happens.
func (n *node) run(ctx context.Context, addressesFile string, start func(context.Context, *node) error) error {
	defer n.listeners.close()
	if err := n.bind(); err != nil {
		return err
	}
	if err := n.openCertificates(); err != nil {
		return err
	}
	starting := make(chan struct{})
	n.onReady("start", func() error {
		select {
		case <-starting:
			return nil
		default:
			return errors.New("not all parts have started")
		}
	})
	n.serveHTTP(listenManagement, n.managementHandler())
	err := start(ctx, n)
	switch {
	case err == nil:
		close(starting)
		err = n.serve(ctx, addressesFile)
	case ctx.Err() != nil:
		n.log.Info("payhub is asked to end while it starts", "start", err)
		err = nil
	}
	return errors.Join(err, n.drain())
}

// bind opens every listener of the node before anything is started, so that a used port is
// found while nothing has happened yet.
func (n *node) bind() error {
	wanted := []struct{ name, address string }{{listenManagement, n.Management.Listen}}
	if n.HasRole("gateway") {
		wanted = append(wanted, struct{ name, address string }{listenGRPC, n.GRPC.Listen})
	}
	if n.HasRole("engine") && n.clustered() {
		wanted = append(wanted, struct{ name, address string }{listenNode, n.Node.Listen})
	}
	if n.HasRole("hub") {
		wanted = append(wanted, struct{ name, address string }{listenHTTP, n.HTTP.Listen})
	}
	for _, l := range wanted {
		if err := n.listeners.bind(l.name, l.address); err != nil {
			return err
		}
	}
	if n.HasRole("engine") && n.clustered() {
		return n.bindGossip()
	}
	return nil
}

// bindGossip opens gossip's two sockets, which have the same port.
func (n *node) bindGossip() error {
	sockets, err := gossip.Bind(n.Gossip.Listen)
	if err != nil {
		return failed("start", "gossip.listen: "+err.Error(), "choose another address with --gossip-listen; port 0 takes a free one")
	}
	n.gossip, n.listeners[listenGossip] = sockets, sockets.TCP
	return nil
}

// waitingSaid is how often a node that is not ready says what it waits for. One of a cluster waits for the others
// however long they take.
const waitingSaid = 10 * time.Second

// serve waits until the node is ready, says where it is, and waits for its end.
func (n *node) serve(ctx context.Context, addressesFile string) error {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	said := time.Now()
	for started := time.Now(); ; {
		reasons := n.notReady()
		if len(reasons) == 0 {
			break
		}
		if time.Since(started) > time.Minute && !n.clustered() {
			return failed("start", fmt.Sprintf("not ready after a minute: %v", reasons), "look at the log above")
		}
		if time.Since(said) > waitingSaid {
			said = time.Now()
			n.log.Warn("payhub is not ready yet", "reasons", reasons)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-n.fatal:
			return err
		case <-poll.C:
		}
	}
	if addressesFile != "" {
		if err := n.listeners.write(addressesFile); err != nil {
			return err
		}
	}
	addresses := n.listeners.addresses()
	n.log.Info("payhub is ready", "version", version, "grpc", addresses[listenGRPC], "http", addresses[listenHTTP], "management", addresses[listenManagement])
	select {
	case <-ctx.Done():
		n.log.Info("payhub is asked to end")
		return nil
	case err := <-n.fatal:
		return failed("payhub", err.Error(), "nothing is acknowledged after this; mend the cause and start again")
	}
}

// drain ends the parts, last started first. After a fatal error there is nothing left to wait for: what takes longer
// than fatalTime is left as it is, as a crash would.
func (n *node) drain() error {
	if !n.failed.Load() {
		return n.end(drainTime)
	}
	ended := make(chan error, 1)
	go func() { ended <- n.end(fatalTime) }()
	select {
	case err := <-ended:
		return err
	case <-time.After(fatalTime):
		return nil
	}
}

// end ends the parts, last started first, within a time.
func (n *node) end(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	n.lock.Lock()
	stops := n.stops
	n.stops = nil
	n.lock.Unlock()
	var errs []error
	for i := len(stops) - 1; i >= 0; i-- {
		if err := stops[i].do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s did not end well: %w", stops[i].what, err))
		}
	}
	return errors.Join(errs...)
}
