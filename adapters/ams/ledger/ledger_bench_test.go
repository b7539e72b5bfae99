package ledger_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/flows/contract/money"
)

// BenchmarkPayment measures whole payments: hold and book on the payer's books, credit on the payee's, each committed to disk.
func BenchmarkPayment(b *testing.B) {
	for _, workers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("concurrent=%d", workers), func(b *testing.B) {
			payer, payee := openBooks(b, 1_000_000_000), openBooks(b, 0)
			var started atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range workers {
				group.Go(func() {
					for n := started.Add(1); n <= int64(b.N); n = started.Add(1) {
						pay(b, payer, payee, fmt.Sprintf("transfer-%d", n))
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
			for _, books := range []*ledger.Ledger{payer, payee} {
				if err := books.Check(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func openBooks(tb testing.TB, cents int64) *ledger.Ledger {
	tb.Helper()
	l, err := ledger.Open(tb.Context(), ledger.Options{Path: filepath.Join(tb.TempDir(), "books.db")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	err = l.OpenAccount(tb.Context(), ledger.AccountSpec{Account: "alice", Holder: "Alice", Opening: money.Amount{Minor: cents, Currency: "USD"}})
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func pay(tb testing.TB, payer, payee ams.System, transfer string) {
	ctx, amount := context.Background(), money.Amount{Minor: 1, Currency: "USD"}
	hold, book := ams.ReferenceOf(transfer, ams.OperationHold), ams.ReferenceOf(transfer, ams.OperationBook)
	for _, step := range []ams.Outcome[ams.Receipt]{
		payer.Hold(ctx, ams.HoldRequest{Reference: hold, Account: "alice", Amount: amount}),
		payee.Credit(ctx, ams.CreditRequest{Reference: ams.ReferenceOf(transfer, ams.OperationCredit), Account: "alice", Amount: amount}),
		payer.Book(ctx, ams.BookRequest{Reference: book, Hold: hold, Amount: amount}),
	} {
		if err := step.Err(); err != nil {
			tb.Error(err)
		}
	}
}
