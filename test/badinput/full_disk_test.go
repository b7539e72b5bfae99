package badinput_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
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
	taken := tally{}
	paid := p.Begin("before", good)
	taken["before"] = true
	p.AwaitEnd(paid)
	if a := p.Ask(http.MethodPut, "/sim/faults", `{"faults":[{"kind":"stall","target":"greenbank/hold","count":1,"delay":"4s"}]}`); a.Status != http.StatusOK {
		t.Fatalf("the fault is refused: %d %s", a.Status, a.Body)
	}
	onItsWay, began := p.Begin("on its way", good), time.Now()
	taken["on its way"] = true

	filler := fill(t, disk, fullFree)
	await(t, "a transfer is refused", func() bool { return !taken.post(p, fmt.Sprint("probe-", len(taken))) })
	inTime := time.Since(began) < 4*time.Second // the answer to the hold comes to a full disk
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

	time.Sleep(time.Until(began.Add(5 * time.Second)))
	if shown := p.Show(onItsWay); inTime && shown.TransferState != "RECEIVED" {
		t.Errorf("on a full disk the payment on its way went on: %+v", shown)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "transfers are taken again", func() bool { return taken.post(p, "refused-0") })
	await(t, "and again", func() bool { return taken.post(p, "after") })
	taken.expect(t, p)
}

// tally is the callers' own ids of the transfers that were acknowledged.
type tally map[string]bool

// post sends a transfer, and says whether it was acknowledged.
func (y tally) post(p *dev.Process, id string) bool {
	a, err := p.Try(http.MethodPost, "/channel/transfer", good, headers(id, "")...)
	if err != nil || a.Status != http.StatusOK {
		return false
	}
	y[id] = true
	return true
}

// expect checks that each acknowledged transfer is there once and went through, and that nothing else moved money.
func (y tally) expect(t *testing.T, p *dev.Process) {
	t.Helper()
	for id := range y {
		if end, _ := p.AwaitEnd(p.Begin(id, good)); end.TransferState != "COMMITTED" {
			t.Errorf("%s was acknowledged and is %s %+v", id, end.TransferState, end.ErrorInformation)
		}
	}
	if want := moneyAfter(len(y)); p.Money() != want {
		t.Errorf("money: %s; expected %s after %d payments", p.Money(), want, len(y))
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
	taken := tally{}
	for i := range 5 {
		taken.post(p, fmt.Sprint("before-", i))
	}
	filler := fill(t, disk, 0)
	for i := range 70 { // longer than the state waits before it goes to the disk
		taken.post(p, fmt.Sprint("full-", i))
		time.Sleep(100 * time.Millisecond)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "transfers are taken again", func() bool {
		if !p.Running() {
			if !strings.Contains(strings.ToLower(p.Log()), "no space left") {
				t.Fatalf("it stopped without saying why:\n%s", p.Log())
			}
			p = dev.Start(t, p.Data)
		}
		return taken.post(p, "last")
	})
	taken.expect(t, p)
}

// Started on a disk that is full already, payhub shows what was paid and refuses new work; with room again it goes on.
func TestAStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	p := dev.Start(t, filepath.Join(disk, "data"))
	taken := tally{}
	taken.post(p, "before")
	paid := p.Begin("before", good)
	p.AwaitEnd(paid)
	filler := fill(t, disk, fullFree)
	p = p.Again(syscall.SIGTERM)
	if shown := p.Show(paid); shown.TransferState != "COMMITTED" {
		t.Errorf("what was paid shows as %+v", shown)
	}
	if taken.post(p, "full") {
		t.Error("a transfer was taken on a full disk")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "transfers are taken again", func() bool { return taken.post(p, "last") })
	taken.expect(t, p)
}
