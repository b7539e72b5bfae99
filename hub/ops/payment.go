package ops

import (
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/payhub/payhub/flows/contract"
)

// factNames are the root variables that matter for a payment.
var factNames = []string{
	contract.VarTransactionID, contract.VarTenant, contract.VarPayeeTenant, contract.VarPayer, contract.VarPayee, contract.VarAmount,
	contract.VarPayerLookup, contract.VarPayeeLookup, contract.VarQuote, contract.VarHold, contract.VarCredit, contract.VarBook,
	contract.VarRelease, varClientRef,
}

// varClientRef is the caller's own reference among the start variables (contract.Compat).
const varClientRef = "clientRefId"

// IsFact tells whether a root variable of this name matters for a payment.
func IsFact(name string) bool { return slices.Contains(factNames, name) }

// facts are the variables that say what a payment is.
type facts struct {
	transactionID, tenant, payeeTenant, clientRef string
	payer, payee                                  contract.Party
	amount                                        contract.Amount
}

// payment brings the row of a payment to what is known now. Variables of an instance that is no
// payment, because it has no transaction id, leave no trace.
func (w *writer) payment(key int64, c *PaymentChange) {
	if w.err != nil {
		return
	}
	known := map[string]json.RawMessage{}
	var text string
	var startedAt, endedAt int64
	switch err := w.row(w.statements.transfer, key).Scan(&text, &startedAt, &endedAt); {
	case errors.Is(err, sql.ErrNoRows):
		if c.Facts[contract.VarTransactionID] == nil {
			return
		}
		startedAt = c.ChangedAt
		if err := w.row(w.statements.startedAt, key).Scan(&startedAt); err != nil && !errors.Is(err, sql.ErrNoRows) {
			w.err = err
			return
		}
	case err != nil:
		w.err = err
		return
	default:
		if w.err = json.Unmarshal([]byte(text), &known); w.err != nil {
			return
		}
	}
	maps.Copy(known, c.Facts)
	endedAt = max(endedAt, c.EndedAt)
	all, err := json.Marshal(known)
	if err != nil {
		w.err = err
		return
	}
	f, status := read(known), contract.PaymentState(all)
	if endedAt > 0 {
		status = status.Ended()
	}
	w.exec(w.statements.putTransfer, key, f.transactionID, f.clientRef, f.tenant, f.payeeTenant, partyText(f.payer), partyText(f.payee),
		f.amount.Value, f.amount.Currency, string(status.State), status.Reason, startedAt, c.ChangedAt, endedAt, string(all))
}

// read reads what a payment is. A variable of another shape than the contract's leaves its field
// empty: the list shows what it can.
func read(known map[string]json.RawMessage) (f facts) {
	for name, into := range map[string]any{
		contract.VarTransactionID: &f.transactionID, contract.VarTenant: &f.tenant, contract.VarPayeeTenant: &f.payeeTenant,
		contract.VarPayer: &f.payer, contract.VarPayee: &f.payee, contract.VarAmount: &f.amount, varClientRef: &f.clientRef,
	} {
		_ = json.Unmarshal(known[name], into)
	}
	return f
}

// partyText names a party on one line.
func partyText(p contract.Party) string {
	if p.Type == "" {
		return p.ID
	}
	return p.Type + ":" + p.ID
}
