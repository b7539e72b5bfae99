package main

import (
	"context"
	"net/http"

	"github.com/payhub/payhub/engine/backup"
	"github.com/spf13/cobra"
)

func (b *backupClient) listCommand() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use: "list", Short: "list backups with their states", Args: noArguments,
		Example: "  payhub backup list\n  payhub backup list --from /backups   # without a cluster",
		RunE: func(c *cobra.Command, _ []string) error {
			list := []backup.Status{}
			var err error
			if from != "" {
				list, err = b.listStore(c.Context(), from)
			} else {
				err = b.call(c.Context(), "backup list", http.MethodGet, "", nil, &list)
			}
			if err != nil {
				return err
			}
			return b.a.print(list, backupsText(list))
		},
	}
	c.Flags().StringVar(&from, "from", "", "read this store instead of asking a cluster: a folder, or s3://bucket/prefix?endpoint=…&region=…")
	return c
}

// listStore reads a store without a cluster.
func (b *backupClient) listStore(ctx context.Context, from string) (list []backup.Status, err error) {
	store, err := b.openStore("backup list", from)
	if err != nil {
		return nil, err
	}
	ids, err := backup.IDs(ctx, store)
	for _, id := range ids {
		s, err := backup.ReadStatus(ctx, store, id, backup.Working{})
		if err != nil {
			return nil, failed("backup list", err.Error(), "")
		}
		list = append(list, s)
	}
	if err != nil {
		return nil, failed("backup list", err.Error(), "")
	}
	return list, nil
}

// openStore opens the store that a command names.
func (b *backupClient) openStore(what, from string) (backup.Store, error) {
	store, err := backup.Open(from, func(name string) string { return b.a.env(name) })
	if err != nil {
		return nil, usage(what, err.Error(), "")
	}
	return store, nil
}
