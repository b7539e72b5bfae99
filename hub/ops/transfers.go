package ops

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/payhub/payhub/flows/contract"
)

// TransferFilter says which payments are wanted; empty fields want all.
type TransferFilter struct {
	// State is one of flows/contract.
	State string
	// Tenant is the payer's.
	Tenant string
	// ClientRef is the caller's own reference.
	ClientRef string
}

const selectTransfers = `SELECT instance_key, transaction_id, client_ref, tenant, payee_tenant, payer, payee, amount, currency, state, reason,
	started_at, changed_at, ended_at FROM transfers`

func scanTransfer(rows *sql.Rows, t *Transfer) error {
	return rows.Scan(&t.InstanceKey, &t.TransactionID, &t.ClientRef, &t.Tenant, &t.PayeeTenant, &t.Payer, &t.Payee, &t.Amount, &t.Currency,
		&t.State, &t.Reason, &t.StartedAt, &t.ChangedAt, &t.EndedAt)
}

var transferStates = []contract.State{contract.Received, contract.Reserved, contract.Committed, contract.Aborted, contract.InDoubt}

// Transfers lists payments without their steps.
func (s *Store) Transfers(ctx context.Context, f TransferFilter, p Page) (List[Transfer], error) {
	if f.State != "" && !slices.Contains(transferStates, contract.State(f.State)) {
		return List[Transfer]{}, fmt.Errorf("%w: a payment's state is one of %v, not %q", ErrFilter, transferStates, f.State)
	}
	var c condition
	c.add("state = ?", f.State)
	c.add("tenant = ?", f.Tenant)
	c.add("client_ref = ?", f.ClientRef)
	return list(ctx, s, selectTransfers, "started_at", "instance_key", c, p, scanTransfer, func(t *Transfer) cursor { return cursor{t.StartedAt, t.InstanceKey} })
}

// Transfer gives one payment by its transaction id, with the steps of its instance, or
// ErrNotFound.
func (s *Store) Transfer(ctx context.Context, transactionID string) (Transfer, error) {
	t, err := one(ctx, s, selectTransfers+" WHERE transaction_id = ? ORDER BY instance_key LIMIT 1", scanTransfer, transactionID)
	if err != nil {
		return t, err
	}
	instance, err := s.Instance(ctx, t.InstanceKey)
	t.Steps = instance.Steps
	return t, err
}
