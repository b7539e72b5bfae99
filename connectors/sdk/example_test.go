package sdk_test

import (
	"context"
	"errors"
	"log"
	"os/signal"
	"syscall"

	"github.com/payhub/payhub/connectors/sdk"
)

var errNoAccount = errors.New("no such account")

// account stands for the system that a connector speaks to.
type account struct{}

func (account) debit(context.Context, string, string) (string, error) { return "ref-1", nil }
func (account) find(context.Context, string) (string, bool, error)    { return "ref-1", true, nil }

// A connector: one handler that moves money, with a resolver for requests whose answer was lost.
func Example() {
	type Input struct {
		TransactionID string `json:"transactionId"`
		Amount        string `json:"amount"`
	}
	type Output struct {
		Reference string `json:"debitReference"`
	}
	var bank account
	debit := sdk.HandleWith("bank.debit", sdk.Handling[Input, Output]{
		Key: func(in Input) string { return in.TransactionID + ":debit" },
		Do: func(ctx context.Context, job sdk.Job[Input]) sdk.Outcome[Output] {
			reference, err := bank.debit(ctx, job.IdempotencyKey, job.Variables.Amount)
			switch {
			case errors.Is(err, errNoAccount):
				return sdk.Rejected[Output]("AccountNotFound", err.Error())
			case err != nil:
				return sdk.Unknown[Output](err)
			}
			return sdk.Done(Output{reference})
		},
		Resolve: func(ctx context.Context, job sdk.Job[Input]) sdk.Outcome[Output] {
			reference, found, err := bank.find(ctx, job.IdempotencyKey)
			switch {
			case err != nil:
				return sdk.Unknown[Output](err)
			case !found:
				return sdk.Retryable[Output](errors.New("no trace of it"), 0)
			}
			return sdk.Done(Output{reference})
		},
	})

	client, err := sdk.Dial("127.0.0.1:26500")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := client.NewWorker([]sdk.Handler{debit}).Run(ctx); err != nil {
		log.Print(err)
	}
}
