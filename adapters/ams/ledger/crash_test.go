package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/flows/contract/money"
)

// crashBooks names the books to a process that is started to be killed.
const crashBooks = "PAYHUB_TEST_CRASH_BOOKS"

// A process that pays as fast as it can is killed at any moment, again and again, on the same books. Every credit it had been told
// of is there, once, and the books are in order.
func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	acknowledged := make(map[string]bool)
	for kill := range 8 {
		for _, reference := range payUntilKilled(t, path, kill, time.Duration(60+45*kill)*time.Millisecond) {
			acknowledged[reference] = true
		}
		if err := ledger.CheckFile(t.Context(), path); err != nil {
			t.Fatalf("after kill %d: %v", kill, err)
		}
	}
	books, err := ledger.Open(t.Context(), ledger.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = books.Close() }()
	for reference := range acknowledged {
		if status, _ := books.Status(t.Context(), ams.Reference(reference)).Value(); status.State != ams.StateBooked {
			t.Fatalf("%s was acknowledged, its status is %s", reference, status.State)
		}
	}
	journal, err := books.Journal(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	credits := int64(0)
	for _, line := range journal {
		if line.Operation == ams.OperationCredit {
			credits++
		}
	}
	balance, _ := books.Balance(t.Context(), "alice").Value()
	if balance.Ledger.Minor != credits || credits < int64(len(acknowledged)) {
		t.Fatalf("alice has %s after %d credits of 0.01, %d of them acknowledged", balance.Ledger, credits, len(acknowledged))
	}
	if len(acknowledged) == 0 {
		t.Fatal("the process was killed before it did anything, every time")
	}
	t.Logf("%d kills, %d credits acknowledged, %d in the books", 8, len(acknowledged), credits)
}

// payUntilKilled starts the process, kills it and gives what it had acknowledged.
func payUntilKilled(t *testing.T, path string, run int, after time.Duration) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestPayUntilKilled$")
	cmd.Env = append(os.Environ(), crashBooks+"="+path, fmt.Sprintf("PAYHUB_TEST_CRASH_RUN=%d", run))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	var killing sync.Once
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		killing.Do(func() { time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) }) // counted from the first credit
		if reference, ok := strings.CutPrefix(lines.Text(), "done "); ok && strings.HasSuffix(reference, ".") {
			acknowledged = append(acknowledged, strings.TrimSuffix(reference, "."))
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the process ended by itself: %v", err)
	}
	return acknowledged
}

// TestPayUntilKilled is the process that is killed.
func TestPayUntilKilled(t *testing.T) {
	path := os.Getenv(crashBooks)
	if path == "" {
		t.Skip("it runs only as the process that the crash test kills")
	}
	books, err := ledger.Open(t.Context(), ledger.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := books.OpenAccount(t.Context(), ledger.AccountSpec{Account: "alice", Opening: money.Amount{Currency: "USD"}}); err != nil {
		t.Fatal(err)
	}
	var paying sync.WaitGroup
	for worker := range 8 {
		paying.Go(func() {
			for n := 0; ; n++ {
				reference := fmt.Sprintf("%s-%d-%d", os.Getenv("PAYHUB_TEST_CRASH_RUN"), worker, n)
				outcome := books.Credit(context.Background(), ams.CreditRequest{
					Reference: ams.Reference(reference), Account: "alice", Amount: money.Amount{Minor: 1, Currency: "USD"},
				})
				if outcome.Kind() == ams.KindDone {
					fmt.Printf("done %s.\n", reference)
				}
			}
		})
	}
	paying.Wait()
}
