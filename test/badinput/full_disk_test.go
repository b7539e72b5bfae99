package badinput_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/test/payments/dev"
)

// How large the disk of the test is, and what is left free when it counts as full: less than the 256 MiB that payhub
// keeps in reserve.
const (
	diskSize = 420 << 20
	fullFree = 200 << 20
)

// On a full disk new work is refused with the cause, and nothing else stops: what was paid is shown, and payments on
// their way go on when there is room again, which is found without a restart.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	p := dev.Start(t, filepath.Join(disk, "data"))
	g := gatewaypb.NewGatewayClient(p.Dial())
	paid := p.Begin("before", good)
	p.AwaitEnd(paid)
	if a := p.Ask(http.MethodPut, "/sim/faults", `{"faults":[{"kind":"stall","target":"greenbank/hold","count":1,"delay":"1500ms"}]}`); a.Status != http.StatusOK {
		t.Fatalf("the fault is refused: %d %s", a.Status, a.Body)
	}
	onItsWay := p.Begin("on its way", good)

	filler := fill(t, disk, fullFree)
	refused := await(t, "a transfer is refused", func() bool { return p.Post(fmt.Sprint("probe-", time.Now().UnixNano()), good).Status != http.StatusOK })
	for i := range 20 {
		a := p.Post(fmt.Sprint("refused-", i), good)
		expectProblem(t, "a transfer on a full disk", a, http.StatusTooManyRequests, "disk is full", "repeat the same request")
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("the refusal does not say when to try again: %v", a.Header)
		}
		if shown := p.Ask(http.MethodGet, fmt.Sprint("/channel/txnState/refused-", i), "", "Platform-TenantId: "+dev.PayerBank); shown.Status != http.StatusNotFound {
			t.Errorf("after the refusal the payment is there: %d %s", shown.Status, shown.Body)
		}
	}
	_, err := g.CreateProcessInstance(t.Context(), &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: "local-transfer", Version: -1})
	expectStatus(t, "an instance on a full disk", err, codes.ResourceExhausted, "full", "MiB are free", "make room")
	if shown := p.Show(paid); shown.TransferState != "COMMITTED" {
		t.Errorf("what was paid shows as %+v", shown)
	}
	for path, status := range map[string]int{"/api/v1/transfers": 200, "/sim/ledgers/greenbank/accounts": 200} {
		if a := p.Ask(http.MethodGet, path, ""); a.Status != status {
			t.Errorf("GET %s: %d %s", path, a.Status, a.Body)
		}
	}
	if a := p.Manage("/health/live"); a.Status != http.StatusOK {
		t.Errorf("live: %d %s", a.Status, a.Body)
	}
	if log := p.Log(); !strings.Contains(log, "disk") || !strings.Contains(log, "full") {
		t.Errorf("the log does not say that the disk is full:\n%s", log)
	}

	time.Sleep(2 * time.Second) // meanwhile the answer to the hold is there, and cannot be written down
	if shown := p.Show(onItsWay); shown.TransferState != "RECEIVED" {
		t.Errorf("on a full disk the payment on its way went on: %+v", shown)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "transfers are taken again", func() bool { return p.Post("refused-0", good).Status == http.StatusOK })
	p.AwaitEnd(p.Begin("refused-0", good))
	p.AwaitEnd(onItsWay)
	expectPayment(t, p, "after")
	committed := countCommitted(t, p)
	if want := moneyAfter(committed); p.Money() != want || committed < 4 {
		t.Errorf("money: %s; expected %s after %d payments; the first refusal came after %v", p.Money(), want, committed, refused)
	}
	p.CheckBooks()
}

// smallDisk mounts a disk of a few hundred MiB. Without the right to, the watermark is tested in engine/raftlog and
// engine/partition alone, on a disk that tells what it is told to.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if runtime.GOOS != "linux" {
		t.Skip("a small disk is mounted on Linux alone; the watermark is tested in engine/raftlog and engine/partition")
	}
	if err := mount(dir, diskSize); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): run as root; the watermark is tested in engine/raftlog and engine/partition", err)
	}
	t.Cleanup(func() {
		if err := unmount(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// await waits until something holds, and says how long it took.
func await(t *testing.T, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !holds() {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("not within 20 s: %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(began)
}

// countCommitted waits until the lists show no running payment, and counts those that went through.
func countCommitted(t *testing.T, p *dev.Process) (n int) {
	t.Helper()
	var list struct{ Items []struct{ State string } }
	await(t, "all payments have ended", func() bool {
		list.Items = nil
		p.Ask(http.MethodGet, "/api/v1/transfers?limit=1000", "").JSON(t, &list)
		n = 0
		for _, x := range list.Items {
			if x.State == "COMMITTED" {
				n++
			}
		}
		return n == len(list.Items)
	})
	return n
}

// moneyAfter is where all money is after so many good payments.
func moneyAfter(payments int) string {
	cents := 1050 * payments
	left := 100_000 - cents
	return fmt.Sprintf("green %d.%02d (held 0.00), blue %d.%02d", left/100, left%100, cents/100, cents%100)
}

// A disk that others fill to its last byte: payhub goes on refusing, or stops and says why. With room again everything
// that was acknowledged is there, once.
func TestADiskFullToItsLastByte(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	p := dev.Start(t, filepath.Join(disk, "data"))
	var acknowledged []string
	for i := range 5 {
		acknowledged = append(acknowledged, p.Begin(fmt.Sprint("before-", i), good))
	}
	filler := fill(t, disk, 0)
	for i := range 30 {
		a, err := p.Try(http.MethodPost, "/channel/transfer", good, headers(fmt.Sprint("full-", i), "")...)
		if err != nil {
			break
		}
		if a.Status == http.StatusOK {
			acknowledged = append(acknowledged, p.Begin(fmt.Sprint("full-", i), good))
		}
		time.Sleep(100 * time.Millisecond)
	}
	ended := !p.Running()
	if ended && !strings.Contains(p.Log(), "no space left") {
		t.Errorf("it stopped without saying why:\n%s", p.Log())
	}
	t.Logf("stopped: %v", ended)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if ended {
		p = dev.Start(t, p.Data)
	}
	for _, id := range acknowledged {
		if end, _ := p.AwaitEnd(id); end.TransferState != "COMMITTED" {
			t.Errorf("a payment that was acknowledged is %s %+v", end.TransferState, end.ErrorInformation)
		}
	}
	await(t, "transfers are taken again", func() bool { return p.Post("last", good).Status == http.StatusOK })
	p.AwaitEnd(p.Begin("last", good))
	if want := moneyAfter(countCommitted(t, p)); p.Money() != want {
		t.Errorf("money: %s; expected %s", p.Money(), want)
	}
	p.CheckBooks()
}
