package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The parties of payhub dev.
const (
	payerTenant = "greenbank"
	payeeTenant = "bluebank"
	payerPhone  = "27710101999"
	payeePhone  = "27713803912"
	nobodyPhone = "27799999999"
)

// body is the request for a payment, the same text each time. weight makes it larger, so that the log fills.
func (o order) body(key string, weight int) string {
	payee, amount := payeePhone, fmt.Sprintf("%d.%02d", o.Cents/100, o.Cents%100)
	if o.Refused && o.Cents < overdraft {
		payee = nobodyPhone
	}
	return fmt.Sprintf(`{"clientRefId":%q,"payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":%q}},`+
		`"payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":%q}},"amount":{"amount":%q,"currency":"USD"},`+
		`"customData":[{"key":"weight","value":%q}]}`, key, payerPhone, payee, amount, strings.Repeat("w", weight))
}

// overdraft is an amount that the payer never has.
const overdraft = 10_000_000

// newOrder draws what a client asks for next.
func newOrder(dice *rand.Rand) order {
	switch n := dice.IntN(20); n {
	case 0:
		return order{Cents: overdraft + dice.Int64N(100), Refused: true}
	case 1:
		return order{Cents: 1 + dice.Int64N(9), Refused: true}
	}
	return order{Cents: 1 + dice.Int64N(9)}
}

// caller speaks to the program wherever it serves now, and writes everything down.
type caller struct {
	journal *journal
	base    atomic.Pointer[string] // http://host:port, nil while the program is down
	http    http.Client
}

func newCaller(j *journal) *caller {
	return &caller{journal: j, http: http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
}

// serving names the address of the program's next life; "" is none.
func (c *caller) serving(address string) {
	if address == "" {
		c.base.Store(nil)
		return
	}
	base := "http://" + address
	c.base.Store(&base)
}

// call makes one request; an error means that no answer came.
func (c *caller) call(ctx context.Context, method, path, key, body string) (status int, answer []byte, err error) {
	base := c.base.Load()
	if base == nil {
		return 0, nil, fmt.Errorf("the program is down")
	}
	request, err := http.NewRequestWithContext(ctx, method, *base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Platform-TenantId", payerTenant)
	if key != "" {
		request.Header.Set("X-CorrelationID", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, bytes.TrimSpace(answer), err
}

// create sends a create once. With first, the note says what the payment is about.
func (c *caller) create(ctx context.Context, key, body string, first *order) (status int, transaction string) {
	if c.base.Load() == nil {
		return 0, "" // nothing is sent
	}
	c.journal.write(note{What: eventSent, Key: key, Body: body, Order: first})
	status, answer, err := c.call(ctx, http.MethodPost, "/channel/transfer", key, body)
	if err != nil {
		c.journal.write(note{What: eventLost, Key: key, Body: body, Detail: err.Error()})
		return 0, ""
	}
	var created struct {
		TransactionID string `json:"transactionId"`
	}
	n := note{What: eventAnswered, Key: key, Body: body, Status: status}
	if err := json.Unmarshal(answer, &created); err != nil || created.TransactionID == "" {
		n.Detail = string(answer)
	}
	n.Transaction = created.TransactionID
	c.journal.write(n)
	return status, created.TransactionID
}

// poll asks for a payment's state.
func (c *caller) poll(ctx context.Context, transaction string) (state string, err error) {
	status, answer, err := c.call(ctx, http.MethodGet, "/channel/transfer/"+transaction, "", "")
	if err != nil {
		return "", err
	}
	var shown struct {
		State string `json:"transferState"`
		Error *struct {
			Code        string `json:"errorCode"`
			Description string `json:"errorDescription"`
		} `json:"errorInformation"`
	}
	n := note{What: eventPolled, Transaction: transaction, Status: status}
	if err := json.Unmarshal(answer, &shown); err != nil {
		n.Detail = string(answer)
	} else if n.State = shown.State; shown.Error != nil {
		n.Detail = shown.Error.Code + ": " + shown.Error.Description
	}
	c.journal.write(n)
	return n.State, nil
}

// promised is the payments that were acknowledged, for repeats and polls. It is safe for concurrent use.
type promised struct {
	mu   sync.Mutex
	list []promise
}

// promise is an acknowledged payment.
type promise struct{ key, body, transaction string }

func (p *promised) add(one promise) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, one)
}

func (p *promised) all() []promise {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list)
}

// draw picks one, mostly of the newest.
func (p *promised) draw(dice *rand.Rand) (promise, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.list)
	if n == 0 {
		return promise{}, false
	}
	if dice.IntN(4) > 0 {
		return p.list[max(0, n-1-dice.IntN(200))], true
	}
	return p.list[dice.IntN(n)], true
}
