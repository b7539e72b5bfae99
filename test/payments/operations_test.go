package payments_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/payhub/payhub/test/payments/dev"
)

// listed is a payment as the operations API lists it.
type listed struct {
	TransactionID, ClientRefID, TenantID, PayeeTenantID, Amount, Currency, State, Reason string
	EndedAt                                                                              int64
	Steps                                                                                []struct{ ElementID, State string }
}

// The operations lists say what the channel says of each payment, in their own five states, also after a restart.
func TestTheOperationsListsAgree(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	states := map[string]string{}
	for i, c := range []struct{ body, state string }{
		{dev.TransferBody("1.00", "USD"), "COMMITTED"},
		{dev.TransferBody("5000.00", "USD"), "ABORTED"},
		{strings.Replace(dev.TransferBody("1.00", "USD"), dev.Payee, "27719999999", 1), "ABORTED"},
		{dev.TransferBody("1.50", "USD"), "COMMITTED"},
	} {
		id := p.Begin(fmt.Sprint("listed-", i), strings.Replace(c.body, "{", fmt.Sprintf(`{"clientRefId":"ref-%d",`, i), 1))
		states[id] = c.state
		if end, _ := p.AwaitEnd(id); end.TransferState != c.state {
			t.Errorf("%s is %s, expected %s", c.body, end.TransferState, c.state)
		}
	}
	setFaults(t, p, dev.Fault{Kind: "error-5xx", Target: "bluebank/credit", Count: 1}, dev.Fault{Kind: "error-5xx", Target: "bluebank/status", Share: 1})
	doubt := p.Begin("listed-doubt", dev.TransferBody("2.00", "USD"))
	p.Await(doubt, inDoubtSince(t, p))
	states[doubt] = "IN_DOUBT"
	for range 2 {
		expectLists(t, p, states)
		p = p.Again(syscall.SIGTERM)
	}
}

// expectLists compares the lists with states by transaction id; they may be a little behind.
func expectLists(t *testing.T, p *dev.Process, states map[string]string) {
	t.Helper()
	var wrong string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if wrong = lists(t, p, states); wrong == "" {
			break
		}
	}
	if wrong != "" {
		t.Errorf("the operations lists: %s", wrong)
	}
	for id, state := range states {
		var one listed
		p.Ask(http.MethodGet, "/api/v1/transfers/"+id, "").JSON(t, &one)
		if one.TransactionID != id || one.State != state || len(one.Steps) == 0 || one.Steps[0].ElementID != "accepted" || (one.EndedAt == 0) != (state == "IN_DOUBT") {
			t.Errorf("the operations API shows %s as %+v", id, one)
		}
		shown := p.Show(id)
		if channel := shown.TransferState; channel != state && !(state == "IN_DOUBT" && channel == "RESERVED" && shown.Code() == "IN_DOUBT") {
			t.Errorf("the channel shows %s as %+v, the operations API as %s", id, shown, state)
		}
	}
}

// lists says what is wrong with the lists, by state and in all.
func lists(t *testing.T, p *dev.Process, states map[string]string) string {
	t.Helper()
	count := map[string]int{}
	for _, state := range states {
		count[state]++
	}
	for _, query := range []string{"", "state=COMMITTED", "state=ABORTED", "state=IN_DOUBT", "state=RECEIVED", "state=RESERVED", "tenant=bluebank", "clientRefId=ref-1"} {
		var list struct{ Items []listed }
		p.Ask(http.MethodGet, "/api/v1/transfers?"+query, "").JSON(t, &list)
		want := count[strings.TrimPrefix(query, "state=")]
		switch query {
		case "":
			want = len(states)
		case "clientRefId=ref-1":
			want = 1
		}
		if len(list.Items) != want {
			return fmt.Sprintf("%q lists %d payments, expected %d: %+v", query, len(list.Items), want, list.Items)
		}
		for _, x := range list.Items {
			if states[x.TransactionID] != x.State || x.TenantID != dev.PayerBank || x.PayeeTenantID != dev.PayeeBank || x.Currency != "USD" {
				return fmt.Sprintf("%q lists %+v, expected %s", query, x, states[x.TransactionID])
			}
		}
	}
	return ""
}
