package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// AccountSpec is a customer's account to be opened.
type AccountSpec struct {
	// Account is its name in the books; the prefixes "clearing:" and "opening:" belong to the institution.
	Account ams.Account
	Holder  string
	// Opening is what it starts with, zero or above; it also says the account's currency.
	Opening money.Amount
	// Aliases are what LookupParty finds it by; an alias stands for one account.
	Aliases []ams.PartyID
}

// OpenAccount opens an account with its opening balance. Doing it again with the same spec changes nothing, so a start can do it
// every time. The error is an ams.Rejection (CodeInvalidRequest, CodeReferenceConflict) or says why it was not done.
func (l *Ledger) OpenAccount(ctx context.Context, spec AccountSpec) error {
	id := string(spec.Account)
	if id == "" || strings.HasPrefix(id, clearing) || strings.HasPrefix(id, opening) {
		return rejection(ams.CodeInvalidRequest, "account %q: a customer's account needs a name of its own", id)
	}
	if _, known := spec.Opening.Currency.Scale(); !known || spec.Opening.Minor < 0 {
		return rejection(ams.CodeInvalidRequest, "account %q: the opening balance %s is not zero or more of a currency", id, spec.Opening)
	}
	op := operation{
		reference: ams.Reference(string(operationOpen) + ":" + id), operation: operationOpen,
		body: fmt.Sprintf("%q for %q with %s known as %q", id, spec.Holder, spec.Opening, spec.Aliases),
	}
	return l.once(ctx, op, func(b *batch) (effect, *ams.Rejection, error) { return b.open(spec) }).Err()
}

func (b *batch) open(spec AccountSpec) (effect, *ams.Rejection, error) {
	for _, alias := range spec.Aliases {
		var owner ams.Account
		err := b.aliasOwner.QueryRowContext(b.ctx, alias.Type, alias.Identifier, alias.SubID).Scan(&owner)
		if err == nil {
			return effect{}, rejection(ams.CodeInvalidRequest, "%s %s stands for account %q already", alias.Type, alias.Identifier, owner), nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return effect{}, nil, fmt.Errorf("read alias %s %s: %w", alias.Type, alias.Identifier, err)
		}
	}
	from, err := b.internal(opening, spec.Opening.Currency)
	if err != nil {
		return effect{}, nil, err
	}
	if _, no := movable(from, &account{balance: money.Amount{Currency: spec.Opening.Currency}}, spec.Opening); no != nil {
		return effect{}, no, nil
	}
	to, err := b.create(spec.Account, false, spec.Holder, spec.Opening.Currency)
	if err != nil {
		return effect{}, nil, err
	}
	for _, alias := range spec.Aliases {
		if _, err := b.addAlias.ExecContext(b.ctx, alias.Type, alias.Identifier, alias.SubID, spec.Account); err != nil {
			return effect{}, nil, fmt.Errorf("write alias %s %s: %w", alias.Type, alias.Identifier, err)
		}
	}
	return effect{account: to.id, amount: spec.Opening, from: from, to: to}, nil, nil
}

// SetStanding freezes, thaws or closes an account. Closing is for good and is refused while there is money on the account or held.
// The error is an ams.Rejection (CodeAccountNotFound, CodeAccountClosed, CodeInvalidRequest) or says why it was not done.
func (l *Ledger) SetStanding(ctx context.Context, id ams.Account, standing ams.Standing) error {
	return submit(ctx, l, func(b *batch) (ams.Outcome[ams.Party], error) {
		var none ams.Outcome[ams.Party]
		a, err := b.customer(id)
		if err != nil {
			return none, err
		}
		switch {
		case a == nil:
			return ams.Rejected[ams.Party](ams.CodeAccountNotFound, "there is no account %q", id), nil
		case a.standing == standing:
			return ams.Done(a.party()), nil
		case a.standing == ams.StandingClosed:
			return ams.Rejected[ams.Party](ams.CodeAccountClosed, "account %q is closed for good", id), nil
		case standing == ams.StandingClosed && (a.balance.Minor != 0 || a.held.Minor != 0):
			return ams.Rejected[ams.Party](ams.CodeInvalidRequest, "account %q still has %s, %s of it held: empty it before it is closed", id, a.balance, a.held), nil
		case standing != ams.StandingOpen && standing != ams.StandingFrozen && standing != ams.StandingClosed:
			return ams.Rejected[ams.Party](ams.CodeInvalidRequest, "standing %q is none of OPEN, FROZEN, CLOSED", standing), nil
		}
		a.standing = standing
		b.touch(a)
		return ams.Done(a.party()), nil
	}).Err()
}
