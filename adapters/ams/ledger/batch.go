package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// batch is what the operations of one transaction share: the writer's statements, the time, and the accounts they have read.
// Accounts are written back once at the end, so that a busy clearing account costs one update per commit, not one per operation.
type batch struct {
	ctx context.Context
	*writer
	now      time.Time
	accounts map[ams.Account]*account
	touched  []*account
	seq      int64
}

// account is a row of accounts. Internal accounts are the institution's own; only customers appear to the outside.
type account struct {
	id       ams.Account
	internal bool
	holder   string
	standing ams.Standing
	balance  money.Amount
	held     money.Amount
	touched  bool
}

func (a *account) currency() money.Currency { return a.balance.Currency }

func (a *account) available() money.Amount {
	return money.Amount{Minor: a.balance.Minor - a.held.Minor, Currency: a.balance.Currency}
}

func (a *account) party() ams.Party {
	return ams.Party{Account: a.id, Name: a.holder, Currency: a.currency(), Standing: a.standing}
}

// load reads an account, nil when there is none.
func (b *batch) load(id ams.Account) (*account, error) {
	if a, known := b.accounts[id]; known {
		return a, nil
	}
	a, err := scanAccount(id, b.account.QueryRowContext(b.ctx, id))
	if err == nil && a != nil {
		b.accounts[id] = a
	}
	return a, err
}

// scanAccount reads (kind, holder, currency, standing, balance, held), nil when there is no row.
func scanAccount(id ams.Account, row *sql.Row) (*account, error) {
	a := &account{id: id}
	var kind string
	var currency money.Currency
	err := row.Scan(&kind, &a.holder, &currency, &a.standing, &a.balance.Minor, &a.held.Minor)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read account %q: %w", id, err)
	}
	a.internal, a.balance.Currency, a.held.Currency = kind == "INTERNAL", currency, currency
	return a, nil
}

// customer reads a customer's account; the institution's own accounts do not exist for the outside.
func (b *batch) customer(id ams.Account) (*account, error) {
	a, err := b.load(id)
	if a != nil && a.internal {
		return nil, err
	}
	return a, err
}

// The institution's own accounts, one per currency.
const (
	clearing = "clearing:" // what the institution owes to, or is owed by, the scheme
	opening  = "opening:"  // where opening balances came from
)

// internal reads or makes the institution's own account of a currency.
func (b *batch) internal(prefix string, currency money.Currency) (*account, error) {
	id := ams.Account(prefix + string(currency))
	a, err := b.load(id)
	if a != nil || err != nil {
		return a, err
	}
	return b.create(id, true, "", currency)
}

func (b *batch) create(id ams.Account, internal bool, holder string, currency money.Currency) (*account, error) {
	kind := "CUSTOMER"
	if internal {
		kind = "INTERNAL"
	}
	if _, err := b.addAccount.ExecContext(b.ctx, id, kind, holder, currency); err != nil {
		return nil, fmt.Errorf("add account %q: %w", id, err)
	}
	zero := money.Amount{Currency: currency}
	a := &account{id: id, internal: internal, holder: holder, standing: ams.StandingOpen, balance: zero, held: zero}
	b.accounts[id] = a
	return a, nil
}

// touch marks an account to be written back.
func (b *batch) touch(a *account) {
	if !a.touched {
		a.touched = true
		b.touched = append(b.touched, a)
	}
}

// flush writes the touched accounts back.
func (b *batch) flush() error {
	for _, a := range b.touched {
		if _, err := b.setAccount.ExecContext(b.ctx, a.standing, a.balance.Minor, a.held.Minor, a.id); err != nil {
			return fmt.Errorf("write account %q: %w", a.id, err)
		}
	}
	return nil
}

// next is the next number of an operation.
func (b *batch) next() (int64, error) {
	if b.seq == 0 {
		if err := b.lastSeq.QueryRowContext(b.ctx).Scan(&b.seq); err != nil {
			return 0, fmt.Errorf("read the last operation: %w", err)
		}
	}
	b.seq++
	return b.seq, nil
}
