package payments_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

const replayed = "X-Idempotency-Replayed"

// One id is one payment: while it runs, after it has ended, after a restart, also one without a clean end; and with
// another body it is refused at all these times.
func TestOneIDIsOnePayment(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	body := dev.TransferBody("10.50", "USD")
	setFaults(t, p, dev.Fault{Kind: "stall", Target: "greenbank/hold", Count: 1, Delay: "500ms"})
	first := p.Post("key-1", body)
	if first.Status != http.StatusOK || first.Header.Get(replayed) != "" {
		t.Fatalf("the first request: %d %v %s", first.Status, first.Header, first.Body)
	}
	var id string
	for _, c := range []struct {
		when string
		do   func()
	}{
		{"while it runs", func() {}},
		{"after its end", func() { p.AwaitEnd(id) }},
		{"after a restart", func() { p = p.Again(syscall.SIGTERM) }},
		{"after a kill", func() { p = p.Again(syscall.SIGKILL) }},
	} {
		c.do()
		id = p.Begin("key-1", body)
		expectReplay(t, p, c.when, first.Body)
		if c.when != "while it runs" {
			expectMoney(t, p, money(1050))
		}
	}
	if end := p.Show(id); end.TransferState != "COMMITTED" || end.CompletedTimestamp == nil {
		t.Errorf("after all it shows as %+v", end)
	}
}

// expectReplay repeats the request of key-1 in several spellings, and asks with the same id for something else.
func expectReplay(t *testing.T, p *dev.Process, when, want string) {
	t.Helper()
	body := dev.TransferBody("10.50", "USD")
	for _, spelling := range []string{body, strings.ReplaceAll(body, ",", " ,\n\t"), strings.Replace(body, "amount", "\\u0061mount", 1)} {
		if a := p.Post("key-1", spelling); a.Status != http.StatusOK || a.Body != want || a.Header.Get(replayed) != "true" {
			t.Errorf("%s: the same request got %d %v %s, the first one %s", when, a.Status, a.Header, a.Body, want)
		}
	}
	for name, other := range map[string]string{
		"another amount":   dev.TransferBody("10.51", "USD"),
		"another currency": dev.TransferBody("10.50", "EUR"),
		"another payee":    strings.Replace(body, dev.Payee, "27713803913", 1),
		"a further field":  strings.Replace(body, "{", `{"note":"x",`, 1),
	} {
		if a := p.Post("key-1", other); a.Status != http.StatusConflict || !strings.Contains(a.Body, "used before for another request") {
			t.Errorf("%s: %s under the same id got %d %s", when, name, a.Status, a.Body)
		}
	}
	p.CheckBooks()
}

// A hundred requests at once with one id are one payment with one answer; a hundred ids are a hundred payments.
func TestAHundredAtOnce(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	for _, c := range []struct {
		name  string
		id    func(i int) string
		fresh int // answers that are no replay
		cents int // that must have moved afterwards
	}{
		{"one id", func(int) string { return "same" }, 1, 100},
		{"ids of their own", func(i int) string { return fmt.Sprint("own-", i) }, 100, 100 + 100*100},
	} {
		answers := make([]dev.Answer, 100)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = p.Post(c.id(i), dev.TransferBody("1.00", "USD")) })
		}
		all.Wait()
		fresh, ids := 0, map[string]bool{}
		for _, a := range answers {
			if a.Status != http.StatusOK {
				t.Fatalf("%s: %d %s", c.name, a.Status, a.Body)
			}
			if a.Header.Get(replayed) == "" {
				fresh++
			}
			var created struct{ TransactionID string }
			a.JSON(t, &created)
			ids[created.TransactionID] = true
			p.Show(created.TransactionID) // never 404 after the 200
		}
		if fresh != c.fresh || len(ids) != c.fresh {
			t.Errorf("%s: %d answers were the first and %d ids were given, expected %d", c.name, fresh, len(ids), c.fresh)
		}
		for id := range ids {
			p.AwaitEnd(id)
		}
		expectMoney(t, p, money(c.cents))
	}
}

// Right after the 200 a payment is there, under both its names; before, and for others, it is not.
func TestAPaymentIsThereRightAfterItsAnswer(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	green := "Platform-TenantId: greenbank"
	for i := range 200 {
		callerID := fmt.Sprint("at-once-", i)
		if a := p.Ask(http.MethodGet, "/channel/txnState/"+callerID, "", green); a.Status != http.StatusNotFound {
			t.Fatalf("before it was sent: %d %s", a.Status, a.Body)
		}
		id := p.Begin(callerID, dev.TransferBody("0.01", "USD"))
		if shown := p.Show(id); shown.TransactionID != id {
			t.Fatalf("it is shown as %+v", shown)
		}
		a := p.Ask(http.MethodGet, "/channel/txnState/"+callerID, "", green)
		var state dev.Transfer
		a.JSON(t, &state)
		if a.Status != http.StatusOK || state.TransactionID != id || state.TransferState == "" {
			t.Fatalf("by the caller's own id: %d %s", a.Status, a.Body)
		}
	}
	unknown := "00000000-0000-8000-8000-000000000000"
	mine := p.Begin("mine", dev.TransferBody("0.01", "USD"))
	for path, c := range map[string]struct {
		tenant string
		status int
	}{
		"/channel/transfer/" + unknown:    {"greenbank", http.StatusNotFound},
		"/channel/transfer/not-a-uuid":    {"greenbank", http.StatusNotFound},
		"/channel/transfer/" + mine:       {"bluebank", http.StatusNotFound},
		"/channel/txnState/never-used":    {"greenbank", http.StatusNotFound},
		"/channel/txnState/mine":          {"bluebank", http.StatusNotFound},
		"/channel/txnState/mine?x=1":      {"redbank", http.StatusBadRequest},
		"/channel/transfer/" + mine + "?": {"", http.StatusBadRequest},
	} {
		a := p.Ask(http.MethodGet, path, "", "Platform-TenantId: "+c.tenant)
		if a.Status != c.status || !strings.Contains(a.Body, `"errorDescription"`) {
			t.Errorf("GET %s of %q: %d %s, expected %d", path, c.tenant, a.Status, a.Body, c.status)
		}
	}
}

// A tenant's ids are its own: the same id at another tenant is another payment.
func TestTenantsHaveTheirOwnIDs(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	there := p.Begin("shared", dev.TransferBody("5.00", "USD"))
	p.AwaitEnd(there)
	turned := strings.NewReplacer(dev.Payer, dev.Payee, dev.Payee, dev.Payer).Replace(dev.TransferBody("2.00", "USD"))
	a := p.Ask(http.MethodPost, "/channel/transfer", turned, "X-Platform-TenantId: bluebank", "X-CorrelationID: shared", "Content-Type: application/json")
	var created struct{ TransactionID string }
	a.JSON(t, &created)
	if a.Status != http.StatusOK || created.TransactionID == there {
		t.Fatalf("the same id at the other tenant: %d %s", a.Status, a.Body)
	}
	for back := (dev.Transfer{}); back.CompletedTimestamp == nil; {
		p.Ask(http.MethodGet, "/channel/transfer/"+created.TransactionID, "", "Platform-TenantId: bluebank").JSON(t, &back)
	}
	expectMoney(t, p, money(300))
}
