package api

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/contract/money"
)

// TransferRequest is the body of POST /channel/transfer, with the fields of Payment Hub EE's
// TransactionChannelRequestDTO. Fields that are not named here are kept for the flow (channelRequest) and not looked at.
type TransferRequest struct {
	ClientRefID     string          `json:"clientRefId"`
	Payer           PartyRef        `json:"payer"`
	Payee           PartyRef        `json:"payee"`
	AmountType      string          `json:"amountType"` // SEND or RECEIVE; the same while nobody takes a fee
	Amount          contract.Amount `json:"amount"`
	TransactionType TransactionType `json:"transactionType"`
	Note            string          `json:"note"`
	Expiration      string          `json:"expiration"`
	CustomData      []CustomDatum   `json:"customData"`
}

// PartyRef is a party as the channel API writes it.
type PartyRef struct {
	PartyIDInfo contract.Party `json:"partyIdInfo"`
}

// TransactionType says what kind of transfer it is.
type TransactionType struct {
	Scenario      string `json:"scenario"`
	SubScenario   string `json:"subScenario"`
	Initiator     string `json:"initiator"`
	InitiatorType string `json:"initiatorType"`
}

// CustomDatum is a value of the caller's own.
type CustomDatum struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

var (
	partyTypes = []string{"MSISDN", "EMAIL", "PERSONAL_ID", "BUSINESS", "DEVICE", "ACCOUNT_ID", "IBAN", "ALIAS"}
	msisdn     = regexp.MustCompile(`^\+?[0-9]{5,15}$`)
)

// parseTransfer reads a body that is known to be a JSON object.
func parseTransfer(body []byte, v *violations) (r TransferRequest) {
	err := json.Unmarshal(body, &r)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		v.add(codeFormat, wrong.Field, "must be %s, and is a JSON %s", kindOf(wrong), wrong.Value)
	case err != nil:
		v.add(codeSyntax, "the body", "cannot be read")
	default:
		r.validate(v)
	}
	return r
}

func kindOf(wrong *json.UnmarshalTypeError) string {
	switch wrong.Type.Kind().String() {
	case "string":
		return "a string"
	case "slice":
		return "an array"
	}
	return "an object"
}

func (r TransferRequest) validate(v *violations) {
	validateParty(r.Payer.PartyIDInfo, v, "payer.partyIdInfo")
	validateParty(r.Payee.PartyIDInfo, v, "payee.partyIdInfo")
	if a, b := r.Payer.PartyIDInfo, r.Payee.PartyIDInfo; len(*v) == 0 && a == b {
		v.add(codeSameParties, "payee", "is the payer")
	}
	validateAmount(v, "amount", r.Amount)
	if r.AmountType != "" && r.AmountType != "SEND" && r.AmountType != "RECEIVE" {
		v.add(codeFormat, "amountType", "must be SEND or RECEIVE")
	}
	text(v, "clientRefId", r.ClientRefID, 128)
	text(v, "transactionType.scenario", r.TransactionType.Scenario, 64)
	text(v, "transactionType.subScenario", r.TransactionType.SubScenario, 64)
	text(v, "transactionType.initiator", r.TransactionType.Initiator, 64)
	text(v, "transactionType.initiatorType", r.TransactionType.InitiatorType, 64)
	text(v, "note", r.Note, 256)
	text(v, "expiration", r.Expiration, 64)
	if len(r.CustomData) > 32 {
		v.add(codeFormat, "customData", "has more than 32 entries")
	}
	for _, d := range r.CustomData {
		if d.Key == "" {
			v.add(codeMissing, "customData.key", "is missing")
			return
		}
	}
}

func validateParty(p contract.Party, v *violations, field string) {
	switch {
	case p.Type == "":
		v.add(codeMissing, field+".partyIdType", "is missing")
	case !slices.Contains(partyTypes, p.Type):
		v.add(codeFormat, field+".partyIdType", "must be one of %s", strings.Join(partyTypes, ", "))
	}
	switch id := p.ID; {
	case strings.TrimSpace(id) == "":
		v.add(codeMissing, field+".partyIdentifier", "is missing")
	case p.Type == "MSISDN" && !msisdn.MatchString(id):
		v.add(codeFormat, field+".partyIdentifier", "must be a phone number: 5 to 15 digits, with or without a leading +")
	default:
		text(v, field+".partyIdentifier", id, 128)
	}
	text(v, field+".partySubIdOrType", p.SubID, 128)
	text(v, field+".fspId", p.FSP, 64)
}

// text checks an optional text.
func text(v *violations, field, value string, n int) {
	if !printable(value, n) {
		v.add(codeFormat, field, "must be printable text of at most %d bytes", n)
	}
}

// validateAmount checks money as Payment Hub EE orders its checks: there, well formed, above zero.
func validateAmount(v *violations, field string, a contract.Amount) {
	if a.Value == "" {
		v.add(codeMissing, field+".amount", "is missing: a decimal string such as \"10.50\"")
	}
	if a.Currency == "" {
		v.add(codeMissing, field+".currency", "is missing: three letters of ISO 4217")
	}
	if a.Value == "" || a.Currency == "" {
		return
	}
	_, err := money.Parse(a.Value, a.Currency)
	var wrong *money.Error
	if !errors.As(err, &wrong) {
		return
	}
	switch wrong.Kind {
	case money.NotPositive:
		v.add(codeNegative, field+".amount", "must be above zero")
	case money.TooPrecise:
		v.add(codeFormat, field+".amount", "has more decimal places than %s has", a.Currency)
	case money.TooLarge:
		v.add(codeFormat, field+".amount", "is too large")
	case money.UnknownCurrency:
		v.add(codeFormat, field+".currency", "is no currency of ISO 4217 (three capital letters)")
	default:
		v.add(codeFormat, field+".amount", "must be a decimal number such as 10.50, without sign, exponent or leading zeros")
	}
}
