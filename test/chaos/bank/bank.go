// Package bank is the account systems of a chaos test, outside of the cluster: two ledgers on disk, and workers that serve the
// jobs of the ready flows on them. The workers are connected to every node at once, as connectors of their own are, so that jobs
// find them wherever they come from. The ledgers survive whatever happens to the nodes, and can be read by whoever judges.
package bank

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/jobs"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/flows/contract/money"
	"github.com/payhub/payhub/test/books"
)

// The institutions and their customers.
const (
	PayerTenant = "greenbank"
	PayeeTenant = "bluebank"
	PayerPhone  = "27710101999"
	PayeePhone  = "27713803912"
	NobodyPhone = "27799999999"
)

// Opening is what the payer begins with, in hundredths of a USD: more than any run spends.
const Opening = 1_000_000_000

// Bank is two ledgers and those who serve them.
type Bank struct {
	folder  string
	ledgers map[string]*ledger.Ledger
	stop    context.CancelFunc
	workers sync.WaitGroup
}

// Open opens the ledgers in a folder; there they stay.
func Open(ctx context.Context, folder string) (*Bank, error) {
	b := &Bank{folder: folder, ledgers: map[string]*ledger.Ledger{}, stop: func() {}}
	for tenant, account := range map[string]ledger.AccountSpec{
		PayerTenant: customer("green-1", "Grace Green", PayerPhone, Opening),
		PayeeTenant: customer("blue-1", "Ben Blue", PayeePhone, 0),
	} {
		l, err := ledger.Open(ctx, ledger.Options{Path: b.file(tenant)})
		if err == nil {
			b.ledgers[tenant] = l
			err = l.OpenAccount(ctx, account)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("ledger of %s: %w", tenant, err), b.Close())
		}
	}
	return b, nil
}

func customer(name, holder, phone string, cents int64) ledger.AccountSpec {
	return ledger.AccountSpec{
		Account: ams.Account(name), Holder: holder, Opening: money.Amount{Minor: cents, Currency: "USD"},
		Aliases: []ams.PartyID{{Type: "MSISDN", Identifier: phone}},
	}
}

// Serve lets workers take the ledgers' jobs through every one of the clients, until Close.
func (b *Bank) Serve(clients []*sdk.Client, log *slog.Logger, more ...sdk.Handler) {
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	system := func(tenant string) (ams.System, bool) {
		l, ok := b.ledgers[tenant]
		return l, ok
	}
	handlers := append(jobs.Handlers(system), more...)
	for i, client := range clients {
		w := client.NewWorker(handlers, sdk.Name(fmt.Sprintf("bank-%d", i)), sdk.Logger(log))
		b.workers.Go(func() {
			if err := w.Run(ctx); err != nil {
				log.Warn("a worker did not end well", "cause", err)
			}
		})
	}
}

// Close ends workers and ledgers.
func (b *Bank) Close() error {
	b.stop()
	b.workers.Wait()
	var errs []error
	for _, l := range b.ledgers {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func (b *Bank) file(tenant string) string { return filepath.Join(b.folder, "ledger-"+tenant+".db") }

// Books reads the ledgers' files, as they are on disk.
func (b *Bank) Books(ctx context.Context) (payer, payee books.Books, err error) {
	payer, err = books.Read(ctx, b.file(PayerTenant), b.folder)
	if err == nil {
		payee, err = books.Read(ctx, b.file(PayeeTenant), b.folder)
	}
	return payer, payee, err
}
