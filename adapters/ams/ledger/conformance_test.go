package ledger_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/adapters/ams/amstest"
	"github.com/payhub/payhub/adapters/ams/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheReferenceLedgerKeepsTheContract(t *testing.T) { amstest.Run(t, ledgertest.New) }
