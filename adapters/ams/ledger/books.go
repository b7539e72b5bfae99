package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// AccountState is an account with everything that is on it.
type AccountState struct {
	ams.Balance
	// Internal says that the account is the institution's own (clearing, opening).
	Internal bool
	Holder   string
	Standing ams.Standing
	Aliases  []ams.PartyID
	// Holds are those that reserve money now, the oldest expiry first.
	Holds []HoldState
}

// HoldState is a hold that reserves money.
type HoldState struct {
	Reference ams.Reference
	Account   ams.Account
	Amount    money.Amount
	// Expires is zero for a hold that never expires; Expired says that its time is over by the ledger's clock.
	Expires time.Time
	Expired bool
}

// Accounts lists all accounts by name, the institution's own included, with aliases and living holds.
func (l *Ledger) Accounts(ctx context.Context) ([]AccountState, error) {
	accounts, err := collect(ctx, l.reads, func(rows *sql.Rows) (AccountState, error) {
		var s AccountState
		var currency money.Currency
		err := rows.Scan(&s.Account, &s.Internal, &s.Holder, &currency, &s.Standing, &s.Ledger.Minor, &s.Held.Minor)
		s.Available.Minor = s.Ledger.Minor - s.Held.Minor
		s.Ledger.Currency, s.Held.Currency, s.Available.Currency = currency, currency, currency
		return s, err
	}, `SELECT id, kind = 'INTERNAL', holder, currency, standing, balance, held FROM accounts ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	at := make(map[ams.Account]int, len(accounts))
	for i := range accounts {
		at[accounts[i].Account] = i
	}
	type alias struct {
		ams.PartyID
		account ams.Account
	}
	aliases, err := collect(ctx, l.reads, func(rows *sql.Rows) (a alias, err error) {
		return a, rows.Scan(&a.Type, &a.Identifier, &a.SubID, &a.account)
	}, `SELECT type, identifier, sub_id, account FROM aliases ORDER BY type, identifier, sub_id`)
	if err != nil {
		return nil, fmt.Errorf("list aliases: %w", err)
	}
	for _, a := range aliases {
		if i, known := at[a.account]; known {
			accounts[i].Aliases = append(accounts[i].Aliases, a.PartyID)
		}
	}
	holds, err := l.Holds(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		if i, known := at[h.Account]; known {
			accounts[i].Holds = append(accounts[i].Holds, h)
		}
	}
	return accounts, nil
}

// Holds lists the holds that reserve money, the oldest expiry first: what a reaper of forgotten holds reads.
func (l *Ledger) Holds(ctx context.Context) ([]HoldState, error) {
	now := l.now()
	holds, err := collect(ctx, l.reads, func(rows *sql.Rows) (HoldState, error) {
		var h HoldState
		var expires int64
		err := rows.Scan(&h.Reference, &h.Account, &h.Amount.Minor, &h.Amount.Currency, &expires)
		if expires != 0 {
			h.Expires = fromMillis(expires)
			h.Expired = !now.Before(h.Expires)
		}
		return h, err
	}, `SELECT h.reference, h.account, h.amount, a.currency, h.expires FROM holds h JOIN accounts a ON a.id = h.account
		WHERE h.state = 'HELD' ORDER BY h.expires, h.reference`)
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return holds, nil
}

// JournalLine is one operation of the books, refused ones included.
type JournalLine struct {
	Sequence  int64
	At        time.Time
	Reference ams.Reference
	Operation ams.Operation
	// Code is empty for what was carried out.
	Code    ams.Code
	Account ams.Account
	Amount  money.Amount
	// Target is the hold of a booking or release and the original of a reversal.
	Target ams.Reference
}

// Journal lists the operations after a sequence number, at most limit of them, in the order they happened: what an independent
// checker counts bookings in.
func (l *Ledger) Journal(ctx context.Context, after int64, limit int) ([]JournalLine, error) {
	lines, err := collect(ctx, l.reads, func(rows *sql.Rows) (j JournalLine, err error) {
		var at int64
		err = rows.Scan(&j.Sequence, &at, &j.Reference, &j.Operation, &j.Code, &j.Account, &j.Amount.Minor, &j.Amount.Currency, &j.Target)
		j.At = fromMillis(at)
		return j, err
	}, `SELECT seq, at, reference, operation, code, account, amount, currency, target FROM operations WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the journal: %w", err)
	}
	return lines, nil
}

// TrialBalance sums all accounts per currency, in the order of the codes. In true books every sum is zero.
func (l *Ledger) TrialBalance(ctx context.Context) ([]money.Amount, error) {
	sums, err := collect(ctx, l.reads, func(rows *sql.Rows) (sum money.Amount, err error) {
		return sum, rows.Scan(&sum.Currency, &sum.Minor)
	}, `SELECT currency, sum(balance) FROM accounts GROUP BY currency ORDER BY currency`)
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	return sums, nil
}
