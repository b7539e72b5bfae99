package badinput_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/test/payments/dev"
)

// Requests to all that is served over HTTP beside transfers, which are refused and change nothing.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/nothing/here", "", 404, "/openapi.yaml lists what is"},
		{"DELETE", "/channel/transfer", "", 404, "not available"},
		{"POST", "/batchtransactions", "{}", 404, "not available"},
		{"GET", "/channel/transfer/" + strings.Repeat("x", 5000), "", 404, "no such transfer"},
		{"GET", "/channel/transfer/%00%ff", "", 404, "no such transfer"},
		{"GET", "/channel/txnState/%0a", "", 400, "printable"},
		{"GET", "/api/v1/transfers?stat=COMMITTED", "", 400, "only state, tenant, clientRefId"},
		{"GET", "/api/v1/transfers?state=DONE", "", 400, "COMMITTED"},
		{"GET", "/api/v1/transfers?limit=0", "", 400, "from 1 to 1000"},
		{"GET", "/api/v1/transfers?limit=many", "", 400, "from 1 to 1000"},
		{"GET", "/api/v1/transfers?after=%27%3BDROP%20TABLE%20transfers", "", 400, "no cursor"},
		{"GET", "/api/v1/transfers/none", "", 404, "a little behind"},
		{"GET", "/api/v1/instances/seven", "", 400, "no key of an instance"},
		{"GET", "/api/v1/instances/7", "", 404, ""},
		{"POST", "/sim/faults", "{", 400, "cannot be read"},
		{"POST", "/sim/faults", `{"kind":"meteor","target":"*/*","count":1}`, 400, "none of"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"greenbank","count":1}`, 400, "TENANT/OPERATION"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"*/*"}`, 400, "not both and not neither"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"*/*","share":2}`, 400, "not above 0 up to 1"},
		{"POST", "/sim/faults", `{"kind":"stall","target":"*/*","count":1,"delay":"soon"}`, 400, "not a duration"},
		{"POST", "/sim/faults", `{"kind":"` + strings.Repeat("x", 100<<10) + `"}`, 400, "too large"},
		{"GET", "/sim/ledgers/redbank/accounts", "", 404, "bluebank, greenbank"},
		{"PUT", "/sim/ledgers/greenbank/accounts/none/standing", `{"standing":"FROZEN"}`, 404, "no account"},
		{"PUT", "/sim/ledgers/greenbank/accounts/green-1/standing", `{"standing":"MELTED"}`, 400, "MELTED"},
		{"PUT", "/sim/ledgers/greenbank/accounts/green-1/standing", `{"standing":"CLOSED"}`, 400, "empty it before"},
	} {
		a := p.Ask(c.method, c.path, c.body, "Platform-TenantId: "+dev.PayerBank)
		if a.Status != c.status || !strings.Contains(a.Body, c.want) {
			t.Errorf("%s %.80s %.80s: %d %.300s, expected %d with %q", c.method, c.path, c.body, a.Status, a.Body, c.status, c.want)
		}
	}
	expectUntouched(t, p)
	expectPayment(t, p, "after all")
}

// What is no HTTP, or is HTTP that never ends, takes a connection for a while and nothing else.
func TestConnectionsThatAreNoRequests(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	var all sync.WaitGroup
	for _, address := range []string{p.Addresses.HTTP, p.Addresses.Management, p.Addresses.GRPC} {
		for _, text := range []string{
			strings.Repeat("\x00\x01\x02\x03\r\n\r\n", 10),
			"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
			"POST /channel/transfer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nffffffffffffffff\r\n",
			"GET /" + strings.Repeat("a", 2<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
			"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 2<<20) + "\r\n\r\n",
			"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\xff", 1000),
		} {
			all.Go(func() { expectClosed(t, address, text) })
		}
	}
	open := make([]net.Conn, 200) // they say half a request and wait
	for i := range open {
		conn, err := net.Dial("tcp", p.Addresses.HTTP)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /channel/transfer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nPlatform-TenantId: greenbank\r\n"+
			"X-CorrelationID: slow-%d\r\nContent-Length: 1000\r\n\r\n{", i)
		open[i] = conn
	}
	expectPayment(t, p, "beside them")
	all.Wait()
	if a := p.Manage("/health/ready"); a.Status != http.StatusOK {
		t.Errorf("ready: %d %s", a.Status, a.Body)
	}
}

// expectClosed sends a text and waits until the other side closes, whatever it answers; a 2xx is an error.
func expectClosed(t *testing.T, address, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Error(err)
	}
	_, _ = io.WriteString(conn, text) // it may close before it has read all
	line, err := bufio.NewReader(conn).ReadString('\n')
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Errorf("%.60q keeps its connection", text)
	}
	if strings.HasPrefix(line, "HTTP/1.1 2") {
		t.Errorf("%.60q got %q", text, line)
	}
}
