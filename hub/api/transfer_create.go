package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/hub/tenant"
)

// apiTransfer names this API in idempotency keys. It never changes.
const apiTransfer = "transfer"

// Created is the answer of POST /channel/transfer.
type Created struct {
	TransactionID string `json:"transactionId"`
}

// createTransfer serves POST /channel/transfer. The same caller's id with the same request gets the same answer,
// also much later and from another hub; with another request it is refused.
func (a *API) createTransfer(r *http.Request) reply {
	payer, p := a.payer(r)
	if p != nil {
		return refuse(p)
	}
	callerID, p := correlation(r)
	if p != nil {
		return refuse(p)
	}
	body, p := readBody(r)
	if p != nil {
		return refuse(p)
	}
	var v violations
	request := parseTransfer(body, &v)
	named := one(r, &v, headerPayee)
	batch, institution := one(r, &v, headerBatch), one(r, &v, headerInstitution)
	if p := v.problem(); p != nil {
		return refuse(p)
	}
	payee, p := a.institutions(request, payer, named)
	if p != nil {
		return refuse(p)
	}
	id := transactionID(payer.ID, apiTransfer, callerID)
	start := a.start(request, body, payer, payee)
	start.TransactionID, start.ClientCorrelationID, start.BatchID, start.RegisteringInst = id, callerID, batch, institution
	answer := a.startOnce(r.Context(), payer, sdk.Once{
		OnceKey:  sdk.OnceKey{Tenant: payer.ID, API: apiTransfer, Key: id},
		BodyHash: hashOf(body, payee.ID, batch, institution), ProcessID: payer.Flow, Variables: start,
	})
	answer.transactionID = id
	return answer
}

// transactionID derives the payment's id from whose, which and what the caller calls it, so that a repeat names the
// same payment, and so do the keys that account systems see: even if a payment were started twice, its money would
// move once. A UUID of version 8 (RFC 9562), from SHA-256.
func transactionID(tenantID, api, callerID string) string {
	name := tenantID + "\x00" + api + "\x00" + callerID // no part can hold a zero byte
	return uuid.NewHash(sha256.New(), uuid.Nil, []byte(name), 8).String()
}

// hashOf tells requests apart: the canonical body and the headers that change what is done.
func hashOf(body []byte, headers ...string) []byte {
	h := sha256.New()
	for _, text := range headers {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	h.Write(body)
	return h.Sum(nil)
}

// institutions checks who is named as the payer's and the payee's institution.
func (a *API) institutions(request TransferRequest, payer tenant.Tenant, named string) (tenant.Tenant, *Problem) {
	interop := func(code, field, description string) *Problem {
		p := problem(http.StatusBadRequest, categoryInterop, code, description)
		p.Parameters = []KeyValue{{"field", field}}
		return p
	}
	if fsp := request.Payer.PartyIDInfo.FSP; fsp != "" && fsp != payer.ID {
		return tenant.Tenant{}, interop("PayerFSPIdNotFound", "payer.partyIdInfo.fspId", "payer.partyIdInfo.fspId is not the tenant that sends the request")
	}
	fsp := request.Payee.PartyIDInfo.FSP
	if named != "" && fsp != "" && named != fsp {
		return tenant.Tenant{}, interop("PayeeFSPIdNotFound", headerPayee, headerPayee+" and payee.partyIdInfo.fspId name different institutions")
	}
	if fsp == "" {
		fsp = named
	}
	payee, err := a.tenants.Payee(payer, fsp)
	if err != nil {
		return tenant.Tenant{}, interop("PayeeFspNotConfigured", "payee.partyIdInfo.fspId", err.Error())
	}
	return payee, nil
}

// start makes the variables that the flow begins with.
func (a *API) start(request TransferRequest, body []byte, payer, payee tenant.Tenant) contract.Start {
	party := request.Payee.PartyIDInfo
	return contract.Start{
		Tenant: payer.ID, PayeeTenant: payee.ID,
		Payer: request.Payer.PartyIDInfo, Payee: party, Amount: request.Amount,
		Compat: contract.Compat{
			ChannelRequest: string(body), OriginDate: a.now().UnixMilli(), InitiatorFSP: payer.ID, DestinationFSP: payee.ID,
			PartyIDType: party.Type, PartyID: party.ID, Currency: request.Amount.Currency, Note: request.Note,
			Initiator: request.TransactionType.Initiator, InitiatorType: request.TransactionType.InitiatorType,
			Scenario: request.TransactionType.Scenario, ClientRefID: request.ClientRefID,
		},
	}
}

// startOnce has the engine start the payment. It repeats the call while the engine has no leader: the log decides
// whether the first one got through.
func (a *API) startOnce(ctx context.Context, payer tenant.Tenant, once sdk.Once) reply {
	answer := ok(Created{once.Key})
	created, err := false, error(nil)
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		_, created, err = a.engine.CreateOnce(ctx, once)
		if status.Code(err) != codes.Unavailable || !wait(ctx, pause) {
			break
		}
	}
	switch {
	case errors.Is(err, sdk.ErrNotSupported):
		return a.startPlain(ctx, once)
	case errors.Is(err, sdk.ErrKeyReused):
		p := problem(payer.ConflictStatus, categoryValidation, codeExists, "Transaction already Exists: "+headerCorrelation+" was used before for another request")
		p.Parameters = []KeyValue{{"field", headerCorrelation}}
		return refuse(p)
	case err != nil:
		return refuse(engineProblem(ctx, err, once.ProcessID))
	case !created:
		answer.header = http.Header{headerReplayed: {"true"}}
	}
	return answer
}

// startPlain starts the payment on a plain Zeebe, and says what that cannot promise. What still holds is that the
// money moves once: the payment's id, and with it every key at the account systems, derives from the caller's id.
func (a *API) startPlain(ctx context.Context, once sdk.Once) reply {
	if _, err := a.engine.Create(ctx, once.ProcessID, once.Variables); err != nil {
		return refuse(engineProblem(ctx, err, once.ProcessID))
	}
	a.log.Warn("the engine is a plain Zeebe: a repeated request starts its flow again, and payments cannot be asked for")
	answer := ok(Created{once.Key})
	answer.header = http.Header{headerWarning: {`299 payhub "plain Zeebe: a repeat starts the flow again; GET of this payment is not available"`}}
	return answer
}

// wait pauses, unless the context ends before.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
