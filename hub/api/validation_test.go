package api_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Every mistake is refused before anything starts, in the words of Payment Hub EE, with the field.
func TestBadRequests(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(payment, old) {
			t.Fatalf("%s is not in the request", old)
		}
		return strings.Replace(payment, old, new, 1)
	}
	deep := strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20)
	for name, c := range map[string]struct {
		body, header string
		status       int
		code, field  string
	}{
		"negative amount":           {replace(`"10.50"`, `"-10.50"`), "", 400, "NegativeValue", "amount.amount"},
		"zero":                      {replace(`"10.50"`, `"0.00"`), "", 400, "NegativeValue", "amount.amount"},
		"too precise":               {replace(`"10.50"`, `"10.505"`), "", 400, "FormatError", "amount.amount"},
		"yen have no sen":           {replace(`"10.50","currency":"USD"`, `"10.5","currency":"JPY"`), "", 400, "FormatError", "amount.amount"},
		"not a number":              {replace(`"10.50"`, `"ten"`), "", 400, "FormatError", "amount.amount"},
		"exponent":                  {replace(`"10.50"`, `"1e3"`), "", 400, "FormatError", "amount.amount"},
		"hexadecimal":               {replace(`"10.50"`, `"0x10"`), "", 400, "FormatError", "amount.amount"},
		"other digits":              {replace(`"10.50"`, `"١٠"`), "", 400, "FormatError", "amount.amount"},
		"blank":                     {replace(`"10.50"`, `" 10"`), "", 400, "FormatError", "amount.amount"},
		"a JSON number":             {replace(`"10.50"`, `10.50`), "", 400, "FormatError", "amount.amount"},
		"too large":                 {replace(`"10.50"`, `"`+strings.Repeat("9", 40)+`"`), "", 400, "FormatError", "amount.amount"},
		"no amount":                 {replace(`"amount":"10.50",`, ``), "", 400, "MandatoryValueNotSupplied", "amount.amount"},
		"amount is a list":          {replace(`{"amount":"10.50","currency":"USD"}`, `[]`), "", 400, "FormatError", "amount"},
		"no currency":               {replace(`,"currency":"USD"`, ``), "", 400, "MandatoryValueNotSupplied", "amount.currency"},
		"unknown currency":          {replace(`USD`, `ZZZ`), "", 400, "FormatError", "amount.currency"},
		"currency in small letters": {replace(`USD`, `usd`), "", 400, "FormatError", "amount.currency"},
		"no payer":                  {`{"payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"27713803912"}},"amount":{"amount":"1","currency":"USD"}}`, "", 400, "MandatoryValueNotSupplied", "payer.partyIdInfo.partyIdType"},
		"kind of party":             {replace(`MSISDN`, `SOCIAL`), "", 400, "FormatError", "payer.partyIdInfo.partyIdType"},
		"phone number":              {replace(`27713803912`, `call me`), "", 400, "FormatError", "payee.partyIdInfo.partyIdentifier"},
		"no identifier":             {replace(`27713803912`, ` `), "", 400, "MandatoryValueNotSupplied", "payee.partyIdInfo.partyIdentifier"},
		"long identifier":           {replace(`MSISDN","partyIdentifier":"27713803912`, `ALIAS","partyIdentifier":"`+strings.Repeat("a", 129)), "", 400, "FormatError", "payee.partyIdInfo.partyIdentifier"},
		"payee is payer":            {replace(`27713803912`, `27710101999`), "", 400, "SamePartiesError", "payee"},
		"amount type":               {replace(`"clientRefId":"ref-7"`, `"amountType":"BOTH"`), "", 400, "FormatError", "amountType"},
		"control characters":        {replace(`ref-7`, `a\u0000b`), "", 400, "FormatError", "clientRefId"},
		"custom data without a key": {replace(`"clientRefId":"ref-7"`, `"customData":[{"value":1}]`), "", 400, "MandatoryValueNotSupplied", "customData.key"},

		"empty body":               {"", "", 400, "SyntaxError", ""},
		"not JSON":                 {"pay 10", "", 400, "SyntaxError", ""},
		"cut":                      {payment[:60], "", 400, "SyntaxError", ""},
		"two objects":              {payment + payment, "", 400, "SyntaxError", ""},
		"an array":                 {"[" + payment + "]", "", 400, "SyntaxError", ""},
		"key twice":                {replace(`"amount":"10.50"`, `"amount":"10.50","amount":"99"`), "", 400, "SyntaxError", ""},
		"key twice, in other case": {replace(`"amount":"10.50"`, `"amount":"10.50","Amount":"99"`), "", 400, "SyntaxError", ""},
		"too deep":                 {deep, "", 400, "SyntaxError", ""},
		"not UTF-8":                {replace(`ref-7`, "\xff"), "", 400, "SyntaxError", ""},
		"over the limit":           {replace(`ref-7`, strings.Repeat("a", 70_000)), "", 413, "FormatError", ""},

		"content type":         {payment, "Content-Type: text/plain", 415, "FormatError", ""},
		"no content type":      {payment, "-Content-Type", 415, "FormatError", ""},
		"compressed":           {payment, "Content-Encoding: gzip", 415, "FormatError", ""},
		"no correlation id":    {payment, "-X-CorrelationID", 400, "MandatoryValueNotSupplied", "X-CorrelationID"},
		"empty correlation id": {payment, "X-CorrelationID:  ", 400, "MandatoryValueNotSupplied", "X-CorrelationID"},
		"long correlation id":  {payment, "X-CorrelationID: " + strings.Repeat("a", 200), 400, "FormatError", "X-CorrelationID"},
		"two correlation ids":  {payment, "X-CorrelationID: also c-2", 400, "FormatError", "X-CorrelationID"},
		"no tenant":            {payment, "-Platform-TenantId", 400, "MandatoryValueNotSupplied", "Platform-TenantId"},
		"unknown tenant":       {payment, "Platform-TenantId: redbank", 400, "PayerFspNotConfigured", "Platform-TenantId"},
		"two tenants":          {payment, "X-Platform-TenantId: bluebank", 400, "FormatError", "Platform-TenantId"},
		"unknown payee tenant": {payment, "X-PayeeDFSP-ID: redbank", 400, "PayeeFspNotConfigured", "payee.partyIdInfo.fspId"},
		"two payee tenants":    {replace(`27713803912"`, `27713803912","fspId":"bluebank"`), "X-PayeeDFSP-ID: greenbank", 400, "PayeeFSPIdNotFound", "X-PayeeDFSP-ID"},
		"another one's payer":  {replace(`27710101999"`, `27710101999","fspId":"bluebank"`), "", 400, "PayerFSPIdNotFound", "payer.partyIdInfo.fspId"},
		"nobody to pay to":     {payment, "Platform-TenantId: bluebank", 400, "PayeeFspNotConfigured", "payee.partyIdInfo.fspId"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			var headers []string
			if c.header != "" {
				headers = []string{c.header}
			}
			got := h.call("POST", "/channel/transfer", c.body, headers...)
			if got.status != c.status || got.json["errorCode"] != c.code {
				t.Errorf("got %d %s, want %d %s", got.status, got.text, c.status, c.code)
			}
			if c.field != "" && !strings.Contains(got.text, `{"key":"field","value":"`+c.field+`"}`) {
				t.Errorf("the field %s is not named: %s", c.field, got.text)
			}
			if h.count() != 0 {
				t.Error("something was started")
			}
		})
	}
}

func TestAllMistakesAreSaidAtOnce(t *testing.T) {
	got := newHub(t).call("POST", "/channel/transfer", `{"payer":{"partyIdInfo":{"partyIdType":"MSISDN"}},"amount":{"amount":"-1","currency":"USD"}}`)
	if errors, _ := got.json["errors"].([]any); len(errors) != 4 {
		t.Errorf("want 4 mistakes: %s", got.text)
	}
}

// Whatever a caller sends: an answer in the described form, nothing started unless it is a 200, and the same answer
// to the same bytes.
func FuzzCreateTransfer(f *testing.F) {
	f.Add(payment)
	f.Add(`{"payer":null,"payee":[],"amount":{"amount":"1"}}`)
	f.Add(`{"a":{"a":{"a":"\ud800"}}}`)
	f.Add(`{"amount":{"amount":"1","currency":"USD","AMOUNT":"2"}}`)
	shared := newHub(f)
	f.Fuzz(func(t *testing.T, body string) {
		h := &hub{TB: t, engine: shared.engine, mux: shared.mux, log: shared.log}
		key := fmt.Sprintf("X-CorrelationID: %x", sha256.Sum256([]byte(body)))
		before := h.count()
		first := h.call("POST", "/channel/transfer", body, key)
		if first.status >= 500 || first.status != 200 && h.count() != before {
			t.Fatalf("%d %s", first.status, first.text)
		}
		if first.status == 200 {
			if !json.Valid([]byte(body)) {
				t.Fatalf("%q is accepted", body)
			}
			if again := h.call("POST", "/channel/transfer", body, key); again.status != 200 || again.text != first.text {
				t.Fatalf("first %d %s, again %d %s", first.status, first.text, again.status, again.text)
			}
		}
	})
}
