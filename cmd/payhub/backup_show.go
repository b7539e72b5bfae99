package main

import "github.com/spf13/cobra"

func (b *backupClient) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show BACKUP", Short: "print a backup's state and its partitions", Args: arguments(1, 1, "one number of a backup"),
		Example: "  payhub backup show 7 -o json",
		RunE: func(c *cobra.Command, args []string) error {
			id, err := backupNumber("backup show", args[0])
			if err != nil {
				return err
			}
			s, err := b.status(c.Context(), "backup show", id)
			if err != nil {
				return err
			}
			return b.a.print(s, backupText(s))
		},
	}
}
