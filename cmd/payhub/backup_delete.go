package main

import (
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"
)

func (b *backupClient) deleteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "delete BACKUP", Short: "delete a backup", Args: arguments(1, 1, "one number of a backup"),
		Example: "  payhub backup delete 7",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := backupNumber("backup delete", args[0])
			if err != nil {
				return err
			}
			if err := b.call(c.Context(), "backup delete", http.MethodDelete, fmt.Sprintf("/%d", id), nil, nil); err != nil {
				return err
			}
			return b.a.print(map[string]int64{"deleted": id}, func(w io.Writer) { fmt.Fprintf(w, "backup %d is deleted\n", id) })
		},
	}
}
