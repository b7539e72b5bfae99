package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/hub/api"
	"github.com/payhub/payhub/hub/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const payment = `{"clientRefId":"ref-7","payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"27710101999"}},
 "payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":"27713803912"}},
 "amount":{"amount":"10.50","currency":"USD"}}`

// hub is an API over an engine in memory, whose answers are held against openapi.yaml.
type hub struct {
	testing.TB
	*engine
	mux *http.ServeMux
	log *bytes.Buffer
	mu  sync.Mutex
}

func newHub(t testing.TB, options ...api.Option) *hub {
	t.Helper()
	e, client := newEngine(t)
	tenants, err := tenant.New(
		tenant.Tenant{ID: "greenbank", Flow: "local-transfer", Scheme: tenant.SchemeLocal, AccountSystem: "ledger", DefaultPayee: "bluebank"},
		tenant.Tenant{ID: "bluebank", Flow: "local-transfer", Scheme: tenant.SchemeLocal, AccountSystem: "ledger"},
		tenant.Tenant{ID: "oldbank", Flow: "local-transfer", Scheme: tenant.SchemeLocal, AccountSystem: "ledger", DefaultPayee: "bluebank", ConflictStatus: 400},
	)
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{TB: t, engine: e, mux: http.NewServeMux(), log: &bytes.Buffer{}}
	options = append([]api.Option{api.Logger(slog.New(slog.NewTextHandler(h, nil))), api.Patience(2 * time.Second)}, options...)
	api.New(client, tenants, options...).Register(h.mux)
	return h
}

// Write takes the log.
func (h *hub) Write(p []byte) (int, error) { h.mu.Lock(); defer h.mu.Unlock(); return h.log.Write(p) }

type answer struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

// call sends a request; headers are "Name: value", and a leading "-" takes a default away.
func (h *hub) call(method, path, body string, headers ...string) answer {
	h.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	r.Header.Set("Platform-TenantId", "greenbank")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-CorrelationID", "c-1")
	}
	for _, text := range headers {
		if name, minus := strings.CutPrefix(text, "-"); minus {
			r.Header.Del(name)
			continue
		}
		name, value, _ := strings.Cut(text, ": ")
		if r.Header.Get(name) != "" && strings.HasPrefix(value, "also ") {
			r.Header.Add(name, strings.TrimPrefix(value, "also "))
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &a.json); err != nil {
		h.Fatalf("%s %s answers %d with %q, which is no JSON object", method, path, w.Code, a.text)
	}
	checkDescribed(h, r, w)
	return a
}

func (h *hub) pay(headers ...string) answer {
	h.Helper()
	return h.call("POST", "/channel/transfer", payment, headers...)
}

var described = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(openapi3.NewLoader().Context)
})

// checkDescribed holds an answer against openapi.yaml.
func checkDescribed(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	route, params, err := router.FindRoute(r)
	if err != nil {
		t.Fatalf("%s %s is not described: %v", r.Method, r.URL.Path, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header()}
	out.SetBodyBytes(w.Body.Bytes())
	out.Options = &openapi3filter.Options{IncludeResponseStatus: true}
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("%s %s: the answer is not as described: %v\n%s", r.Method, r.URL.Path, err, w.Body)
	}
}

func TestATransferFromCreateToCommitted(t *testing.T) {
	h := newHub(t)
	created := h.pay()
	id, _ := created.json["transactionId"].(string)
	if created.status != 200 || len(id) != 36 || created.header.Get("X-Idempotency-Replayed") != "" {
		t.Fatalf("%+v", created)
	}
	show := func(want string) answer {
		t.Helper()
		got := h.call("GET", "/channel/transfer/"+id, "")
		if got.status != 200 || strings.TrimSpace(got.text) != want {
			t.Errorf("got  %d %swant %s", got.status, got.text, want)
		}
		return got
	}
	show(`{"clientRefId":"ref-7","completedTimestamp":null,"transactionId":"` + id + `","transferId":"` + id + `","transferState":"RECEIVED"}`)
	h.set(t, "hold", `{"outcome":"done"}`)
	show(`{"clientRefId":"ref-7","completedTimestamp":null,"transactionId":"` + id + `","transferId":"` + id + `","transferState":"RESERVED"}`)
	h.set(t, "credit", `{"outcome":"done"}`)
	show(`{"clientRefId":"ref-7","completedTimestamp":null,"transactionId":"` + id + `","transferId":"` + id + `","transferState":"RESERVED","errorInformation":{"errorCode":"IN_DOUBT","errorDescription":"the payee is credited and the payer's hold is not booked: no answer yet"}}`)
	h.set(t, "book", `{"outcome":"done"}`)
	h.end(t, enginepb.InstanceState_INSTANCE_STATE_COMPLETED)
	show(`{"clientRefId":"ref-7","completedTimestamp":"2026-01-02T03:04:05.006Z","transactionId":"` + id + `","transferId":"` + id + `","transferState":"COMMITTED"}`)
	if got := h.call("GET", "/channel/txnState/c-1", ""); strings.TrimSpace(got.text) != `{"transactionId":"`+id+`","transferState":"COMMITTED"}` {
		t.Errorf("txnState: %s", got.text)
	}
}

// The flow gets our variables and Payment Hub EE's.
func TestStartVariables(t *testing.T) {
	h := newHub(t, api.Clock(func() time.Time { return time.UnixMilli(1234) }))
	h.call("POST", "/channel/transfer", strings.Replace(payment, `"amount":{`, `"note":"rent","amountType":"SEND","transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"},"amount":{`, 1), "X-BatchID: b-1", "X-Registering-Institution-ID: gov")
	got, err := json.Marshal(h.only(t).variables)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"X-Registering-Institution-ID":"gov","amount":{"amount":"10.50","currency":"USD"},"batchId":"b-1",` +
		`"channelRequest":"{\"amount\":{\"amount\":\"10.50\",\"currency\":\"USD\"},\"amountType\":\"SEND\",\"clientRefId\":\"ref-7\",\"note\":\"rent\",\"payee\":{\"partyIdInfo\":{\"partyIdType\":\"MSISDN\",\"partyIdentifier\":\"27713803912\"}},\"payer\":{\"partyIdInfo\":{\"partyIdType\":\"MSISDN\",\"partyIdentifier\":\"27710101999\"}},\"transactionType\":{\"initiator\":\"PAYER\",\"initiatorType\":\"CONSUMER\",\"scenario\":\"TRANSFER\"}}",` +
		`"clientCorrelationId":"c-1","clientRefId":"ref-7","currency":"USD","destinationFspId":"bluebank","initiator":"PAYER","initiatorFspId":"greenbank","initiatorType":"CONSUMER","isRtpRequest":false,"note":"rent","originDate":1234,"partyId":"27713803912","partyIdType":"MSISDN",` +
		`"payee":{"partyIdType":"MSISDN","partyIdentifier":"27713803912"},"payeeTenantId":"bluebank","payer":{"partyIdType":"MSISDN","partyIdentifier":"27710101999"},"scenario":"TRANSFER","tenantId":"greenbank","theFlow":"local-transfer","transactionId":"`
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	h := newHub(t)
	first := h.pay()
	h.end(t, enginepb.InstanceState_INSTANCE_STATE_COMPLETED)
	again := h.call("POST", "/channel/transfer", strings.ReplaceAll(payment, "\n ", "  "))
	if again.status != 200 || again.text != first.text || again.header.Get("X-Idempotency-Replayed") != "true" {
		t.Errorf("first %+v\nagain %+v", first, again)
	}
	other := h.pay("X-CorrelationID: c-2")
	if other.status != 200 || other.text == first.text || h.count() != 2 {
		t.Errorf("another id: %+v, %d instances", other, h.count())
	}
	if third := h.pay("Platform-TenantId: oldbank"); third.text == first.text || h.count() != 3 {
		t.Errorf("another tenant with the same id: %+v, %d instances", third, h.count())
	}
}

func TestAKeyForAnotherRequestIsRefused(t *testing.T) {
	dearer := strings.Replace(payment, "10.50", "99.00", 1)
	for tenantID, want := range map[string]int{"greenbank": 409, "oldbank": 400} {
		h := newHub(t)
		h.pay("Platform-TenantId: " + tenantID)
		got := h.call("POST", "/channel/transfer", dearer, "Platform-TenantId: "+tenantID)
		if got.status != want || got.json["errorCode"] != "TransactionExists" || h.count() != 1 {
			t.Errorf("%s: %+v", tenantID, got)
		}
		if got := h.pay("Platform-TenantId: "+tenantID, "X-PayeeDFSP-ID: greenbank"); got.status != want {
			t.Errorf("%s: another institution is the same request: %+v", tenantID, got)
		}
	}
}

func TestAHundredAtOnceAreOnePayment(t *testing.T) {
	h := newHub(t)
	var all sync.WaitGroup
	answers := make(chan answer, 100)
	for range 100 {
		all.Go(func() { answers <- h.pay() })
	}
	all.Wait()
	close(answers)
	ids, fresh := map[string]int{}, 0
	for a := range answers {
		ids[a.text]++
		if a.header.Get("X-Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if len(ids) != 1 || fresh != 1 || h.count() != 1 {
		t.Errorf("answers %v, %d of them new, %d instances", ids, fresh, h.count())
	}
}

// Why a payment was aborted is said in the channel's words.
func TestStatesAndReasons(t *testing.T) {
	for variable, c := range map[string]struct{ value, state, code string }{
		"payerLookup": {`{"outcome":"rejected","code":"PARTY_NOT_FOUND"}`, "ABORTED", "PayerNotFound"},
		"payeeLookup": {`{"outcome":"rejected","code":"PARTY_NOT_FOUND"}`, "ABORTED", "PayeeNotFound"},
		"quote":       {`{"outcome":"rejected","code":"CURRENCY_MISMATCH"}`, "ABORTED", "PayeeCurrencyInvalid"},
		"hold":        {`{"outcome":"rejected","code":"INSUFFICIENT_FUNDS"}`, "ABORTED", "PayerInsufficientBalance"},
		"credit":      {`{"outcome":"unknown"}`, "RESERVED", "IN_DOUBT"},
	} {
		h := newHub(t)
		id, _ := h.pay().json["transactionId"].(string)
		h.set(t, variable, c.value)
		got := h.call("GET", "/channel/transfer/"+id, "")
		reason, _ := got.json["errorInformation"].(map[string]any)
		if got.json["transferState"] != c.state || reason["errorCode"] != c.code {
			t.Errorf("%s %s: %s", variable, c.value, got.text)
		}
	}
}

func TestAFlowThatWasCancelledLeavesAPaymentInDoubt(t *testing.T) {
	h := newHub(t)
	id, _ := h.pay().json["transactionId"].(string)
	h.end(t, enginepb.InstanceState_INSTANCE_STATE_TERMINATED)
	got := h.call("GET", "/channel/transfer/"+id, "")
	if got.json["transferState"] != "RESERVED" || !strings.Contains(got.text, "the flow ended while the payment was RECEIVED") {
		t.Error(got.text)
	}
}

// An incident on the way is said while money is held: it does not go on by itself.
func TestAFlowWithAnIncidentLeavesHeldMoneyInDoubt(t *testing.T) {
	h := newHub(t)
	id, _ := h.pay().json["transactionId"].(string)
	h.only(t).state = enginepb.InstanceState_INSTANCE_STATE_INCIDENT
	if got := h.call("GET", "/channel/transfer/"+id, ""); got.json["transferState"] != "RECEIVED" || got.json["errorInformation"] != nil {
		t.Errorf("before anything is held: %s", got.text)
	}
	h.set(t, "hold", `{"outcome":"done"}`)
	got := h.call("GET", "/channel/transfer/"+id, "")
	if got.json["transferState"] != "RESERVED" || !strings.Contains(got.text, `"errorCode":"IN_DOUBT"`) {
		t.Errorf("with money held: %s", got.text)
	}
}

func TestUnknownTransfersAndThoseOfOthersAreNotFound(t *testing.T) {
	h := newHub(t)
	id, _ := h.pay().json["transactionId"].(string)
	for path, tenantID := range map[string]string{
		"/channel/transfer/" + id:                                "bluebank",
		"/channel/transfer/00000000-0000-0000-0000-000000000000": "greenbank",
		"/channel/transfer/x":                                    "greenbank",
		"/channel/txnState/c-9":                                  "greenbank",
		"/channel/txnState/c-1":                                  "bluebank",
	} {
		if got := h.call("GET", path, "", "Platform-TenantId: "+tenantID); got.status != 404 || got.json["errorCode"] != "TransactionIdNotFound" {
			t.Errorf("%s of %s: %+v", path, tenantID, got)
		}
	}
	if got := h.call("GET", "/channel/txnState/c-1", "", "requestType: transactionsReq"); got.status != 501 {
		t.Errorf("%+v", got)
	}
	if got := h.call("GET", "/channel/txnState/c-1", "", "requestType: nonsense"); got.status != 400 {
		t.Errorf("%+v", got)
	}
}

// A caller can tell "try again" from "this is wrong".
func TestTroubleWithTheEngine(t *testing.T) {
	for _, c := range []struct {
		code   codes.Code
		status int
		ph     string
	}{
		{codes.ResourceExhausted, 429, "ServiceDenied"},
		{codes.NotFound, 500, "ExtInternalServerError"},
		{codes.InvalidArgument, 500, "ExtInternalServerError"},
		{codes.DeadlineExceeded, 504, "TimeOut"},
		{codes.Aborted, 503, "CommunicationError"},
	} {
		h := newHub(t)
		h.fail(c.code)
		if got := h.pay(); got.status != c.status || got.json["errorCode"] != c.ph || (c.status == 429) != (got.header.Get("Retry-After") == "1") && c.status != 503 {
			t.Errorf("%s: %+v", c.code, got)
		}
	}
}

func TestALeaderChangeIsWaitedFor(t *testing.T) {
	h := newHub(t)
	h.fail(codes.Unavailable, codes.Unavailable, codes.Unavailable)
	if got := h.pay(); got.status != 200 || h.count() != 1 {
		t.Errorf("%+v", got)
	}
}

func TestAnEngineThatDoesNotAnswer(t *testing.T) {
	h := newHub(t, api.Patience(50*time.Millisecond))
	h.silent = true
	if got := h.pay(); got.status != 504 || !strings.Contains(got.text, "may have been accepted") {
		t.Errorf("%+v", got)
	}
}

func TestAPlainZeebeSaysWhatItCannotPromise(t *testing.T) {
	h := newHub(t)
	h.zeebe = true
	first, again := h.pay(), h.pay()
	if first.status != 200 || first.text != again.text || !strings.Contains(first.header.Get("Warning"), "plain Zeebe") || len(h.plain) != 2 {
		t.Errorf("%+v %+v, %d instances", first, again, len(h.plain))
	}
	id, _ := first.json["transactionId"].(string)
	for _, v := range h.plain {
		if !strings.Contains(v, `"transactionId":"`+id+`"`) { // so that the ledgers see the same keys
			t.Errorf("an instance has another transaction id: %s", v)
		}
	}
	if got := h.call("GET", "/channel/transfer/"+id, ""); got.status != 501 || got.json["errorCode"] != "NotImplemented" {
		t.Errorf("%+v", got)
	}
}

func TestNoPersonalDataInTheLog(t *testing.T) {
	h := newHub(t)
	h.pay()
	h.call("POST", "/channel/transfer", strings.Replace(payment, `"10.50"`, `"-1"`, 1))
	h.call("POST", "/channel/transfer", strings.Replace(payment, `27713803912`, `277138039-12`, 1))
	h.call("POST", "/channel/transfer", payment, "Platform-TenantId: 27713803912")
	h.call("GET", "/channel/txnState/27713803912", "")
	log := h.log.String()
	if strings.Count(log, "status=") != 5 || !strings.Contains(log, "transactionId=") || !strings.Contains(log, "errorCode=NegativeValue") {
		t.Errorf("the log lacks something:\n%s", log)
	}
	for _, canary := range []string{"27710101999", "27713803912", "277138039"} {
		if strings.Contains(log, canary) {
			t.Errorf("the log has %s:\n%s", canary, log)
		}
	}
}

func TestTheDescriptionIsServedAndValid(t *testing.T) {
	h := newHub(t)
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.yaml", nil))
	text, _ := io.ReadAll(w.Result().Body)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil || doc.Validate(t.Context()) != nil {
		t.Errorf("%v %v", err, doc.Validate(t.Context()))
	}
}
