// Package badinput_test gives the payhub binary what it must refuse, and takes away what it needs: requests, models,
// command lines, settings, ports, disks and files. Each time it must say what is wrong, where and what to do, lose
// nothing that it acknowledged, and go on or stay down as is right, without a panic.
package badinput_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

func TestMain(m *testing.M) { dev.Main(m) }

// good is a transfer that is taken.
var good = dev.TransferBody("10.50", "USD")

// with is the good transfer with a text replaced, which must be there.
func with(old, new string) string {
	if !strings.Contains(good, old) {
		panic("the transfer has no " + old)
	}
	return strings.Replace(good, old, new, 1)
}

func amount(text string) string   { return with(`"amount":"10.50"`, `"amount":`+text) }
func currency(text string) string { return with(`"USD"`, text) }

// badTransfers are requests that are refused. In "want" stand words of the answer.
var badTransfers = []struct {
	name   string
	header string // replaces the header of its name, or takes it away when it has no value
	body   string
	status int
	want   []string
}{
	{name: "negative amount", body: amount(`"-10.50"`), status: 400, want: []string{"NegativeValue", "amount.amount", "above zero"}},
	{name: "zero", body: amount(`"0"`), status: 400, want: []string{"NegativeValue", "amount.amount", "above zero"}},
	{name: "zero with decimals", body: amount(`"0.00"`), status: 400, want: []string{"NegativeValue", "above zero"}},
	{name: "more decimals than the currency has", body: amount(`"10.505"`), status: 400, want: []string{"FormatError", "amount.amount", "more decimal places than USD"}},
	{name: "decimals of a currency without", body: with(`"10.50","currency":"USD"`, `"10.50","currency":"JPY"`), status: 400, want: []string{"more decimal places than JPY"}},
	{name: "no number", body: amount(`"ten"`), status: 400, want: []string{"FormatError", "amount.amount", "decimal number"}},
	{name: "not a number", body: amount(`"NaN"`), status: 400, want: []string{"FormatError", "decimal number"}},
	{name: "infinite", body: amount(`"Infinity"`), status: 400, want: []string{"FormatError", "decimal number"}},
	{name: "exponent", body: amount(`"1e3"`), status: 400, want: []string{"FormatError", "decimal number"}},
	{name: "comma", body: amount(`"10,50"`), status: 400, want: []string{"FormatError", "decimal number"}},
	{name: "hexadecimal", body: amount(`"0x10"`), status: 400, want: []string{"FormatError", "decimal number"}},
	{name: "digits of another script", body: amount(`"١٠"`), status: 400, want: []string{"FormatError", "decimal number"}},
	{name: "amount as a JSON number", body: amount(`10.50`), status: 400, want: []string{"amount"}},
	{name: "amount beyond all money", body: amount(`"` + strings.Repeat("9", 400) + `"`), status: 400, want: []string{"amount.amount", "too large"}},
	{name: "no amount", body: amount(`""`), status: 400, want: []string{"MandatoryValueNotSupplied", "amount.amount"}},
	{name: "unknown currency", body: currency(`"XQQ"`), status: 400, want: []string{"amount.currency", "ISO 4217"}},
	{name: "currency in small letters", body: currency(`"usd"`), status: 400, want: []string{"amount.currency", "capital letters"}},
	{name: "no currency", body: currency(`""`), status: 400, want: []string{"MandatoryValueNotSupplied", "amount.currency"}},

	{name: "no body", body: "", status: 400, want: []string{"SyntaxError", "empty"}},
	{name: "no JSON", body: "<transfer/>", status: 400, want: []string{"SyntaxError", "not JSON"}},
	{name: "half of it", body: good[:len(good)/2], status: 400, want: []string{"SyntaxError", "not complete"}},
	{name: "an array", body: "[" + good + "]", status: 400, want: []string{"SyntaxError", "not a JSON object"}},
	{name: "two bodies", body: good + good, status: 400, want: []string{"SyntaxError", "goes on after"}},
	{name: "a key twice", body: with(`"amount":{`, `"amount":{"amount":"1.00","currency":"USD"},"amount":{`), status: 400, want: []string{"SyntaxError", "twice"}},
	{name: "a key twice in another case", body: with(`"amount":"10.50"`, `"amount":"10.50","Amount":"99.00"`), status: 400, want: []string{"SyntaxError", "twice"}},
	{name: "no UTF-8", body: with("MSISDN", "MSI\xffSDN"), status: 400, want: []string{"SyntaxError", "UTF-8"}},
	{name: "JSON bomb of arrays", body: strings.Repeat("[", 30_000), status: 400, want: []string{"SyntaxError", "nested deeper"}},
	{name: "JSON bomb of objects", body: strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), status: 400, want: []string{"SyntaxError", "nested deeper"}},
	{name: "JSON bomb in an unknown field", body: with("{", `{"extra":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+","), status: 400, want: []string{"SyntaxError", "nested deeper"}},
	{name: "body over the limit", body: with("{", `{"note":"`+strings.Repeat("x", 70<<10)+`",`), status: 413, want: []string{"larger than 65536 bytes"}},
	{name: "body far over the limit", body: with("{", `{"note":"`+strings.Repeat("x", 20<<20)+`",`), status: 413, want: []string{"larger than 65536 bytes"}},

	{name: "no payee", body: with(dev.Payee, ""), status: 400, want: []string{"MandatoryValueNotSupplied", "payee.partyIdInfo.partyIdentifier"}},
	{name: "a phone number with letters", body: with(dev.Payee, "call-me"), status: 400, want: []string{"payee.partyIdInfo.partyIdentifier", "phone number"}},
	{name: "a type of party that does not exist", body: with("MSISDN", "PIGEON"), status: 400, want: []string{"payer.partyIdInfo.partyIdType", "must be one of"}},
	{name: "payer and payee the same", body: with(dev.Payee, dev.Payer), status: 400, want: []string{"SamePartiesError"}},
	{name: "control characters", body: with(dev.Payee+`"`, dev.Payee+`","partySubIdOrType":"a\u0000b"`), status: 400, want: []string{"printable"}},
	{name: "another institution's payer", body: with(dev.Payer+`"`, dev.Payer+`","fspId":"bluebank"`), status: 400, want: []string{"PayerFSPIdNotFound"}},
	{name: "an institution that is not here", body: with(dev.Payee+`"`, dev.Payee+`","fspId":"redbank"`), status: 400, want: []string{"PayeeFspNotConfigured"}},

	{name: "no tenant", header: "Platform-TenantId:", body: good, status: 400, want: []string{"MandatoryValueNotSupplied", "Platform-TenantId"}},
	{name: "wrong tenant", header: "Platform-TenantId: redbank", body: good, status: 400, want: []string{"PayerFspNotConfigured", "Platform-TenantId"}},
	{name: "tenant with a wildcard", header: "Platform-TenantId: *", body: good, status: 400, want: []string{"PayerFspNotConfigured"}},
	{name: "no id", header: "X-CorrelationID:", body: good, status: 400, want: []string{"MandatoryValueNotSupplied", "X-CorrelationID"}},
	{name: "an id that is too long", header: "X-CorrelationID: " + strings.Repeat("x", 200), body: good, status: 400, want: []string{"X-CorrelationID", "128 bytes"}},
	{name: "another type of content", header: "Content-Type: text/plain", body: good, status: 415, want: []string{"application/json"}},
	{name: "a compressed body", header: "Content-Encoding: gzip", body: good, status: 415, want: []string{"compressed"}},
}

func TestTransfersThatAreRefused(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	for i, c := range badTransfers {
		id := fmt.Sprint("bad-", i)
		a := p.Ask(http.MethodPost, "/channel/transfer", c.body, headers(id, c.header)...)
		expectProblem(t, c.name, a, c.status, c.want...)
		if shown := p.Ask(http.MethodGet, "/channel/txnState/"+id, "", "Platform-TenantId: "+dev.PayerBank); shown.Status != http.StatusNotFound {
			t.Errorf("%s: after the refusal the payment is there: %d %s", c.name, shown.Status, shown.Body)
		}
	}
	expectUntouched(t, p)
	expectPayment(t, p, "after all")
}

// headers are those of a good transfer, one of them replaced.
func headers(id, replaced string) (list []string) {
	name, value, _ := strings.Cut(replaced, ":")
	if strings.TrimSpace(value) != "" {
		list = append(list, replaced)
	}
	for _, h := range []string{"Platform-TenantId: " + dev.PayerBank, "X-CorrelationID: " + id, "Content-Type: application/json"} {
		if !strings.HasPrefix(h, name+":") {
			list = append(list, h)
		}
	}
	return list
}

// expectProblem compares an answer with its status and words, and looks for the form of PhErrorDTO.
func expectProblem(t *testing.T, name string, a dev.Answer, status int, words ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: %d %.300s, expected %d", name, a.Status, a.Body, status)
		return
	}
	var p struct{ ErrorCategory, ErrorCode, ErrorDescription, DeveloperMessage, DefaultUserMessage string }
	a.JSON(t, &p)
	if p.ErrorCategory == "" || p.ErrorCode == "" || p.ErrorDescription == "" || p.DeveloperMessage == "" || p.DefaultUserMessage == "" {
		t.Errorf("%s: the answer leaves something out: %s", name, a.Body)
	}
	for _, word := range words {
		if !strings.Contains(a.Body, word) {
			t.Errorf("%s: the answer does not say %q: %.500s", name, word, a.Body)
		}
	}
}

// expectUntouched checks that no money moved, and nothing is held.
func expectUntouched(t *testing.T, p *dev.Process) {
	t.Helper()
	if got, want := p.Money(), "green 1000.00 (held 0.00), blue 0.00"; got != want {
		t.Errorf("money: %s; expected: %s", got, want)
	}
	p.CheckBooks()
}

// expectPayment makes a payment, which must go through.
func expectPayment(t *testing.T, p *dev.Process, id string) {
	t.Helper()
	if end, _ := p.AwaitEnd(p.Begin(id, good)); end.TransferState != "COMMITTED" {
		t.Errorf("%s: a good payment ended as %s %+v", id, end.TransferState, end.ErrorInformation)
	}
}
