package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/hub/tenant"
)

// Transfer is the answer of GET /channel/transfer/{transactionId}.
type Transfer struct {
	ClientRefID   string  `json:"clientRefId"`
	CompletedAt   *string `json:"completedTimestamp"` // RFC 3339, UTC; null until the payment has ended
	TransactionID string  `json:"transactionId"`
	TransferID    string  `json:"transferId"` // the scheme's id; of the local scheme it is the transactionId
	State         string  `json:"transferState"`
	Error         *Reason `json:"errorInformation,omitempty"`
}

// Reason says why a payment was aborted, or what is in doubt.
type Reason struct {
	Code        string `json:"errorCode"`
	Description string `json:"errorDescription"`
}

// showTransfer serves GET /channel/transfer/{transactionId}. After the 200 of the create it is never 404: it is read
// at the leader of the log that the create was written to.
func (a *API) showTransfer(r *http.Request) reply {
	payer, p := a.payer(r)
	if p != nil {
		return refuse(p)
	}
	answer, p := a.find(r.Context(), payer, r.PathValue("transactionId"))
	if p != nil {
		return refuse(p)
	}
	shown := ok(answer)
	shown.transactionID = answer.TransactionID
	return shown
}

// find reads one payment of a tenant. Those of other tenants do not exist for it.
func (a *API) find(ctx context.Context, payer tenant.Tenant, id string) (Transfer, *Problem) {
	if len(id) != 36 || !printable(id, 36) { // a UUID; nothing else was ever given out
		return Transfer{}, notFound()
	}
	view, err := a.engine.Lookup(ctx, sdk.OnceKey{Tenant: payer.ID, API: apiTransfer, Key: id})
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		return Transfer{}, notFound()
	case err != nil:
		return Transfer{}, engineProblem(ctx, err, payer.Flow)
	}
	status := contract.PaymentState(view.Variables)
	switch {
	case view.Ended:
		status = status.Ended()
	case view.Stuck:
		status = status.Stuck()
	}
	t := Transfer{TransactionID: id, TransferID: id, ClientRefID: clientRef(view.Variables)}
	t.State, t.Error = channelState(status)
	if status.State.Final() && !view.EndedAt.IsZero() {
		at := view.EndedAt.UTC().Format(time.RFC3339Nano)
		t.CompletedAt = &at
	}
	return t, nil
}

func notFound() *Problem {
	return problem(http.StatusNotFound, categoryInterop, "TransactionIdNotFound", "this tenant has no such transfer")
}

// clientRef is the caller's reference, empty when the variables cannot be read: PaymentState says so then.
func clientRef(variables []byte) string {
	var v struct {
		ClientRefID string `json:"clientRefId"`
	}
	_ = json.Unmarshal(variables, &v)
	return v.ClientRefID
}

// channelState puts a state into the four words of Payment Hub EE: what is in doubt shows as RESERVED, with the reason.
func channelState(s contract.Status) (string, *Reason) {
	switch s.State {
	case contract.InDoubt:
		return string(contract.Reserved), &Reason{Code: string(contract.InDoubt), Description: s.Reason}
	case contract.Aborted:
		return string(s.State), &Reason{Code: errorCode(s), Description: s.Reason}
	}
	return string(s.State), nil
}

// errorCode is the channel's word for why a payment was aborted.
func errorCode(s contract.Status) string {
	payer := s.Step == contract.VarPayerLookup || s.Step == contract.VarHold
	side := func(atPayer, atPayee string) string {
		if payer {
			return atPayer
		}
		return atPayee
	}
	switch s.Code {
	case contract.CodePartyNotFound, contract.CodeAccountNotFound:
		return side("PayerNotFound", "PayeeNotFound")
	case contract.CodeInsufficientFunds:
		return "PayerInsufficientBalance"
	case contract.CodeCurrencyMismatch:
		return side("PayerCurrencyInvalid", "PayeeCurrencyInvalid")
	case contract.CodeAccountClosed, contract.CodeAccountFrozen:
		return "InactiveAccountStatus"
	case contract.CodeLimitExceeded:
		return "ServiceDenied"
	case contract.CodeTimeout:
		return "TimeOut"
	}
	return side("GenericPayerError", "PayeeUnauthorized")
}
