// Package ledgertest makes reference ledgers for tests: the subject that the conformance kit runs on.
package ledgertest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amstest"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/flows/contract/money"
)

// Subject is a reference ledger in a folder of its own, with a clock that stands still until it is moved.
type Subject struct {
	*ledger.Ledger
	folder string
	now    atomic.Int64
}

var _ amstest.Subject = (*Subject)(nil)

// New is the amstest.Factory of reference ledgers.
func New() (amstest.Subject, error) { return Make() }

// Make opens a fresh ledger.
func Make() (*Subject, error) {
	folder, err := os.MkdirTemp(memoryDisk(), "payhub-ledger-")
	if err != nil {
		return nil, err
	}
	s := &Subject{folder: folder}
	fresh, err := emptyBooks()
	if err == nil {
		err = os.WriteFile(s.Path(), fresh, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	s.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli())
	if err := s.open(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

// emptyBooks are migrated books without accounts, as bytes: copying them is quicker than making them each time.
var emptyBooks = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp(memoryDisk(), "payhub-ledger-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "books.db")
	l, err := ledger.Open(context.Background(), ledger.Options{Path: path})
	if err != nil {
		return nil, err
	}
	if err := l.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// memoryDisk is a folder that is kept in memory, where there is one: the rules are the same there, and tests make hundreds of
// ledgers. Durability against a kill does not need a real disk; speed is measured on one, by the ledger's own benchmark.
func memoryDisk() string {
	const shared = "/dev/shm"
	if info, err := os.Stat(shared); err == nil && info.IsDir() {
		return shared
	}
	return ""
}

func (s *Subject) open() (err error) {
	s.Ledger, err = ledger.Open(context.Background(), ledger.Options{Path: s.Path(), Now: s.Now})
	return err
}

// Path is the file of the books.
func (s *Subject) Path() string { return filepath.Join(s.folder, "books.db") }

// Now is the ledger's clock.
func (s *Subject) Now() time.Time { return time.UnixMilli(s.now.Load()).UTC() }

// System is the ledger.
func (s *Subject) System() ams.System { return s.Ledger }

// OpenAccount opens an account.
func (s *Subject) OpenAccount(account ams.Account, holder string, opening money.Amount, alias ams.PartyID) error {
	return s.Ledger.OpenAccount(context.Background(), ledger.AccountSpec{Account: account, Holder: holder, Opening: opening, Aliases: []ams.PartyID{alias}})
}

// SetStanding freezes, thaws or closes an account.
func (s *Subject) SetStanding(account ams.Account, standing ams.Standing) error {
	return s.Ledger.SetStanding(context.Background(), account, standing)
}

// Advance moves the clock.
func (s *Subject) Advance(by time.Duration) error {
	s.now.Add(by.Milliseconds())
	return nil
}

// Restart closes the ledger and opens it again on the same file.
func (s *Subject) Restart() error {
	if err := s.Ledger.Close(); err != nil {
		return err
	}
	return s.open()
}

// Totals is the trial balance.
func (s *Subject) Totals() ([]money.Amount, error) { return s.TrialBalance(context.Background()) }

// Close proves the books a last time, ends the ledger and removes its folder.
func (s *Subject) Close() error { return errors.Join(s.Check(context.Background()), s.Discard()) }

// Discard ends the ledger and removes its folder, whatever is in its books.
func (s *Subject) Discard() error { return errors.Join(s.Ledger.Close(), os.RemoveAll(s.folder)) }
