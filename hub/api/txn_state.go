package api

import (
	"net/http"
)

// TxnState is the answer of GET /channel/txnState/{correlationId}.
type TxnState struct {
	TransactionID string  `json:"transactionId"`
	State         string  `json:"transferState"`
	Error         *Reason `json:"errorInformation,omitempty"`
}

// txnState serves GET /channel/txnState/{correlationId}: a payment by the caller's own id, for a caller who lost the
// answer of the create. The header requestType says which API the id was used with; only transfers exist so far.
func (a *API) txnState(r *http.Request) reply {
	payer, p := a.payer(r)
	if p != nil {
		return refuse(p)
	}
	var v violations
	switch kind := one(r, &v, headerRequestType); kind {
	case "", "transfers":
	case "transactionsReq":
		return refuse(problem(http.StatusNotImplemented, categoryInterop, "NotImplemented", "requests to pay are not available here yet"))
	default:
		v.add(codeFormat, headerRequestType, "must be transfers or transactionsReq")
	}
	callerID := r.PathValue("correlationId")
	if !printable(callerID, maxHeader) {
		v.add(codeFormat, "correlationId", "must be printable text of at most %d bytes", maxHeader)
	}
	if p := v.problem(); p != nil {
		return refuse(p)
	}
	t, p := a.find(r.Context(), payer, transactionID(payer.ID, apiTransfer, callerID))
	if p != nil {
		return refuse(p)
	}
	answer := ok(TxnState{TransactionID: t.TransactionID, State: t.State, Error: t.Error})
	answer.transactionID = t.TransactionID
	return answer
}
