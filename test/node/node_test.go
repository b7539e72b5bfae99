// Package node_test runs the payhub binary as users do: it starts it, ends it in every way, and
// looks at what it says and what is left.
package node_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is payhub, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "payhub-node-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "payhub")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/payhub").CombinedOutput(); err != nil {
		fmt.Printf("payhub cannot be built: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// process is a running payhub dev.
type process struct {
	t         *testing.T
	cmd       *exec.Cmd
	log       bytes.Buffer
	addresses struct{ GRPC, HTTP, Management string }
}

// start runs payhub dev on a data folder and free ports, and waits until it is ready.
func start(t *testing.T, data string) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "addresses.json")
	p := &process{t: t, cmd: exec.Command(binary, devArgs(data, "--addresses-file", file)...)}
	p.cmd.Stderr = &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(file); err == nil {
			if err := json.Unmarshal(text, &p.addresses); err != nil {
				t.Fatal(err)
			}
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("payhub dev was not ready within 30 s; its log:\n%s", p.log.String())
		}
	}
}

func devArgs(data string, more ...string) []string {
	return append([]string{
		"dev", "--data", data, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0",
	}, more...)
}

// end sends a signal and gives the exit code.
func (p *process) end(signal os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// run runs a command that ends by itself.
func run(args ...string) (code int, output string) {
	out, err := exec.Command(binary, args...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(out)
	}
	return 0, string(out)
}

// pay makes a payment under the caller's id and waits for its end.
func (p *process) pay(id, amount string) (code int, output string) {
	return run("transfer", "create", "--http-address", p.addresses.HTTP, "--payer", "27710101999", "--payee", "27713803912",
		"--currency", "USD", "--amount", amount, "--id", id, "--watch")
}

// balance is the payer's, as the ledger shows it.
func (p *process) balance() string {
	p.t.Helper()
	var ledger struct {
		Accounts []struct {
			Balance string
			Aliases []struct{ Identifier string }
		}
	}
	_, body := p.get("http://" + p.addresses.HTTP + "/sim/ledgers/greenbank/accounts")
	if err := json.Unmarshal([]byte(body), &ledger); err != nil {
		p.t.Fatal(err)
	}
	for _, account := range ledger.Accounts {
		for _, alias := range account.Aliases {
			if alias.Identifier == "27710101999" {
				return account.Balance
			}
		}
	}
	p.t.Fatalf("the payer has no account in %s", body)
	return ""
}

func (p *process) get(url string) (int, string) {
	p.t.Helper()
	response, err := http.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestAPaymentGoesThroughOnceAndIsListed(t *testing.T) {
	p := start(t, t.TempDir())
	for range 2 {
		if code, out := p.pay("the-same-id", "10.50"); code != 0 || !strings.Contains(out, "COMMITTED") {
			t.Fatalf("exit code %d:\n%s", code, out)
		}
	}
	if got := p.balance(); got != "989.50" {
		t.Errorf("two requests with one id leave the payer %s, want 989.50", got)
	}
	if code, out := p.pay("the-same-id", "10.51"); code != 1 || !strings.Contains(out, "HTTP 409") {
		t.Errorf("another body under the same id: exit code %d:\n%s", code, out)
	}
	if code, out := p.pay("too-much", "5000.00"); code != 1 || !strings.Contains(out, "ABORTED") {
		t.Errorf("more than there is: exit code %d:\n%s", code, out)
	}
	eventually(t, "both payments are listed", func() bool {
		code, out := run("transfer", "list", "--http-address", p.addresses.HTTP)
		return code == 0 && strings.Count(out, "27710101999") == 2 && strings.Contains(out, "COMMITTED") && strings.Contains(out, "ABORTED")
	})
	if code, out := run("instance", "list", "--http-address", p.addresses.HTTP, "--state", "COMPLETED"); code != 0 || strings.Count(out, "COMPLETED") < 2 {
		t.Errorf("instances: exit code %d:\n%s", code, out)
	}
}

func TestKilledAndStartedAgainItKnowsEverything(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	if code, out := p.pay("before", "10.00"); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	p.end(syscall.SIGKILL)
	p = start(t, data)
	if code, out := p.pay("before", "10.00"); code != 0 || p.balance() != "990.00" {
		t.Errorf("the same payment after the kill: exit code %d, balance %s:\n%s", code, p.balance(), out)
	}
	if code, out := p.pay("after", "1.00"); code != 0 || p.balance() != "989.00" {
		t.Errorf("a new payment after the kill: exit code %d, balance %s:\n%s", code, p.balance(), out)
	}
}

func TestItEndsWithinTenSecondsWithoutComplaint(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := start(t, t.TempDir())
		started := time.Now()
		if code := p.end(signal); code != 0 || time.Since(started) > 10*time.Second {
			t.Errorf("%s: exit code %d after %s; its log:\n%s", signal, code, time.Since(started), p.log.String())
		}
	}
}

func TestATemporaryFolderIsGoneAtTheEnd(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(t.TempDir(), "addresses.json")
	cmd := exec.Command(binary, "dev", "--temporary", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0", "--addresses-file", file)
	cmd.Env = append(os.Environ(), "TMPDIR="+home, "PAYHUB_ENGINE_DATA="+filepath.Join(home, "elsewhere"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	eventually(t, "it is ready", func() bool { _, err := os.Stat(file); return err == nil })
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(home)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestTwoProcessesDoNotShareAFolderOrAPort(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	code, out := run(devArgs(data)...)
	if code != 1 || !strings.Contains(out, data) || !strings.Contains(out, "used by another process") {
		t.Errorf("the same folder: exit code %d:\n%s", code, out)
	}
	code, out = run("dev", "--data", t.TempDir(), "--grpc-listen", p.addresses.GRPC, "--http-listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0")
	if want := fmt.Sprintf("in use by process %d (payhub)", p.cmd.Process.Pid); code != 1 || !strings.Contains(out, want) {
		t.Errorf("the same port: exit code %d, want %q in:\n%s", code, want, out)
	}
	if code, body := p.get("http://" + p.addresses.Management + "/health/ready"); code != http.StatusOK {
		t.Errorf("the first process is not ready any more: %d %s", code, body)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}
