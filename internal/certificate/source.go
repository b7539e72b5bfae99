// Package certificate keeps the certificate, the private key and the authorities of a listener or
// of a client of TLS, as files that may be replaced while connections are open.
//
// Open checks the files and says what is wrong with them. From then on they are looked at every
// second; what is new and whole is used for every handshake from then on, what is not (a
// certificate whose key is not written yet, a file that ends in the middle) is refused with a line
// in the log, and the last good files stay in force. Connections that are open stay open. A file of
// authorities may hold several, so that an authority is replaced in three steps: old and new in
// every file, new certificates, new alone.
package certificate

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// period is how often the files are looked at.
const period = time.Second

// Source is a certificate with its key and the authorities that sign those of the other side. It
// is safe for use by several goroutines.
type Source struct {
	cert, key, ca string
	log           *slog.Logger
	now           func() time.Time

	current atomic.Pointer[material]

	mu      sync.Mutex // over everything below
	seen    contents   // what the files held when they were last taken
	problem string     // why the files are not taken now
	loaded  time.Time
	reloads int64
	refused int64
	remind  time.Time // when an expiry is spoken of again

	stop   chan struct{}
	done   chan struct{}
	closer sync.Once
}

// contents are the bytes of the three files.
type contents struct{ cert, key, ca []byte }

// equal tells whether nothing was changed.
func (c contents) equal(other contents) bool {
	return bytes.Equal(c.cert, other.cert) && bytes.Equal(c.key, other.key) && bytes.Equal(c.ca, other.ca)
}

// Open reads and checks the files and watches them until Close. cert (PEM, the leaf first, then
// intermediate certificates) and key belong together. ca (PEM, one or more) verifies the other
// side; "" means the authorities of the system, which only a client that names its server may use.
// cert and key may both be "": a client that shows no certificate.
//
// The error names the file, what is wrong with it (missing, no PEM, key does not fit, expired, not
// valid yet, no authority) and what to do.
func Open(cert, key, ca string, log *slog.Logger) (*Source, error) {
	return open(cert, key, ca, log, time.Now)
}

// open is Open with a clock.
func open(cert, key, ca string, log *slog.Logger, now func() time.Time) (*Source, error) {
	switch {
	case cert == "" && key == "" && ca == "":
		return nil, errors.New("certificate: no file is named: name a certificate with its key, a file of authorities, or all three")
	case (cert == "") != (key == ""):
		return nil, errors.New("certificate: a certificate and its private key belong together: name both files")
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Source{
		cert: cert, key: key, ca: ca, log: log, now: now,
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	go s.watch()
	return s, nil
}

// Close ends watching the files. Configurations made from the source go on with the last ones.
func (s *Source) Close() {
	s.closer.Do(func() { close(s.stop) })
	<-s.done
}

// Reload looks at the files now instead of within a second. An error says why they are not taken;
// the files that were good before are then still in force.
func (s *Source) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := s.read()
	if err == nil && s.current.Load() != nil && files.equal(s.seen) {
		s.settle("")
		return nil
	}
	var m *material
	if err == nil {
		m, err = s.parse(files)
	}
	if err != nil {
		s.settle(err.Error())
		return err
	}
	first := s.current.Swap(m) == nil
	s.seen, s.problem, s.loaded, s.remind = files, "", s.now(), time.Time{}
	if !first {
		s.reloads++
		s.log.Info("certificate replaced; new handshakes use it", m.describe(s.cert)...)
	}
	return nil
}

// settle remembers why the files are not taken ("": they are in force) and speaks of a change once.
func (s *Source) settle(problem string) {
	if problem == s.problem {
		return
	}
	s.problem = problem
	if s.current.Load() == nil {
		return // Open returns the error
	}
	if problem == "" {
		s.log.Info("certificate files are those in force again", "cert", s.cert)
		return
	}
	s.refused++
	s.log.Warn("changed certificate files are not taken, the last good ones stay in force", "why", problem)
}

// read reads the files that are named.
func (s *Source) read() (files contents, err error) {
	for _, f := range []struct {
		path, what string
		into       *[]byte
	}{{s.cert, "certificate", &files.cert}, {s.key, "private key", &files.key}, {s.ca, "file of authorities", &files.ca}} {
		if f.path == "" {
			continue
		}
		*f.into, err = os.ReadFile(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return files, fmt.Errorf("certificate: the %s %s does not exist: create it or correct the setting", f.what, f.path)
		case err != nil:
			return files, fmt.Errorf("certificate: the %s cannot be read: %w", f.what, err)
		}
	}
	return files, nil
}

// watch looks at the files until Close.
func (s *Source) watch() {
	defer close(s.done)
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			_ = s.Reload() // said in the log, once
			s.warn()
		}
	}
}

// How early an expiry is spoken of, and how often.
const (
	expirySoon   = 7 * 24 * time.Hour
	remindSoon   = 24 * time.Hour
	remindPassed = time.Hour
)

// warn says in the log that the certificate in force ends soon, or has ended.
func (s *Source) warn() {
	m, now := s.current.Load(), s.now()
	if m.leaf == nil || m.leaf.NotAfter.Sub(now) > expirySoon {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.remind) {
		return
	}
	if !now.Before(m.leaf.NotAfter) {
		s.remind = now.Add(remindPassed)
		s.log.Error("certificate has expired; new connections fail until its file is replaced", m.describe(s.cert)...)
		return
	}
	s.remind = now.Add(remindSoon)
	if s.remind.After(m.leaf.NotAfter) {
		s.remind = m.leaf.NotAfter
	}
	s.log.Warn("certificate expires soon; replace its file, no restart is needed", m.describe(s.cert)...)
}

// Status is what metrics and health checks show of a source.
type Status struct {
	// File is the path of the certificate, "" when the source has none.
	File string
	// Subject and Serial name the certificate in force.
	Subject, Serial string
	// NotAfter is when the certificate in force expires; zero when the source has none.
	NotAfter time.Time
	// Loaded is when the files in force were read.
	Loaded time.Time
	// Reloads counts how often new files were taken since Open.
	Reloads int64
	// Refused counts how often changed files were not taken.
	Refused int64
	// Problem says why the files as they are now are not in force; "" when they are.
	Problem string
}

// Status tells what is in force.
func (s *Source) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := Status{File: s.cert, Loaded: s.loaded, Reloads: s.reloads, Refused: s.refused, Problem: s.problem}
	if leaf := s.current.Load().leaf; leaf != nil {
		status.Subject, status.Serial, status.NotAfter = leaf.Subject.String(), leaf.SerialNumber.Text(16), leaf.NotAfter
	}
	return status
}

// DNSNames are the DNS names in the certificate in force.
func (s *Source) DNSNames() []string {
	if leaf := s.current.Load().leaf; leaf != nil {
		return slices.Clone(leaf.DNSNames)
	}
	return nil
}

// CheckMutual tells why a peer that has the same authorities would not accept this certificate,
// both when it calls and when it is called: what nodes of one cluster need of each other.
func (s *Source) CheckMutual() error {
	m := s.current.Load()
	if m.leaf == nil || m.roots == nil {
		return errors.New("certificate: both sides prove who they are here: name a certificate, its key and the authorities")
	}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		if err := verify(m.chain, m.roots, usage, "", s.now()); err != nil {
			return fmt.Errorf("certificate: peers with the authorities of %s would refuse %s: %w (issue it by one of them, for both serverAuth and clientAuth)", s.ca, s.cert, err)
		}
	}
	return nil
}
