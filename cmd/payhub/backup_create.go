package main

import (
	"context"
	"net/http"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/spf13/cobra"
)

func (b *backupClient) createCommand() *cobra.Command {
	var id int64
	var wait bool
	c := &cobra.Command{
		Use: "create", Short: "take a backup of all partitions while they work, and wait until it is complete", Args: noArguments,
		Example: "  payhub backup create\n  payhub backup create --backup 7 --wait=false",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("backup") {
				id = time.Now().UnixMilli()
			}
			return b.create(c.Context(), id, wait)
		},
	}
	c.Flags().Int64Var(&id, "backup", 0, "its number, higher than all before; the time in ms since 1970 if it is not given")
	c.Flags().BoolVar(&wait, "wait", true, "wait until it has ended")
	return c
}

func (b *backupClient) create(ctx context.Context, id int64, wait bool) error {
	const what = "backup create"
	if err := b.call(ctx, what, http.MethodPost, "", map[string]int64{"backupId": id}, nil); err != nil {
		return err
	}
	s, err := b.status(ctx, what, id)
	for wait && err == nil && s.State == backup.InProgress {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollBackup):
			s, err = b.status(ctx, what, id)
		}
	}
	if err != nil {
		return err
	}
	if err := b.a.print(s, backupText(s)); err != nil {
		return err
	}
	if s.State != backup.Completed && s.State != backup.InProgress {
		return failed(what, "the backup is "+string(s.State)+": "+s.FailureReason, "take another one")
	}
	return nil
}
