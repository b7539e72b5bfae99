package amssim

import (
	"context"
	"fmt"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/flows/contract/money"
)

// Seed opens the accounts that a tenant of payhub dev begins with. Those that are open already stay as they are; a tenant without
// accounts of its own gets none.
func Seed(ctx context.Context, books *ledger.Ledger, tenant string) error {
	for _, spec := range devAccounts(tenant) {
		if err := books.OpenAccount(ctx, spec); err != nil {
			return fmt.Errorf("open the account %s of %s: %w", spec.Account, tenant, err)
		}
	}
	return nil
}

func devAccounts(tenant string) []ledger.AccountSpec {
	account := func(name, holder, phone string, cents int64) ledger.AccountSpec {
		return ledger.AccountSpec{
			Account: ams.Account(name), Holder: holder, Opening: money.Amount{Minor: cents, Currency: "USD"},
			Aliases: []ams.PartyID{{Type: "MSISDN", Identifier: phone}},
		}
	}
	switch tenant {
	case "greenbank":
		return []ledger.AccountSpec{account("green-1", "Grace Green", "27710101999", 100_000)}
	case "bluebank":
		return []ledger.AccountSpec{account("blue-1", "Ben Blue", "27713803912", 0)}
	default:
		return nil
	}
}
