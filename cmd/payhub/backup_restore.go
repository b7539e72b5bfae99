package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/spf13/cobra"
)

// restoring is what backup restore is asked for.
type restoring struct {
	from   string
	id     int64
	target backup.Target
}

func (b *backupClient) restoreCommand() *cobra.Command {
	var r restoring
	c := &cobra.Command{
		Use: "restore", Short: "fill the empty data folder of a node that is not running from a backup", Args: noArguments,
		Long: "restore fills the empty data folder of one node of a new cluster with the partitions that the node will have. Run it for\n" +
			"each node with the same --cluster-size, --replication-factor and --zones, then start the nodes with these settings.",
		Example: "  payhub backup restore --from /backups --backup 7 --data ./payhub-data\n" +
			"  payhub backup restore --from 's3://bucket/payhub?region=eu-west-1' --backup 7 --data ./node-2 --node-id 2 --cluster-size 3 --replication-factor 3",
		RunE: func(c *cobra.Command, _ []string) error {
			if r.from == "" || r.id < 1 || r.target.Data == "" {
				return usage("backup restore", "--from, --backup and --data are needed", "payhub backup list --from STORE prints the backups there are")
			}
			return b.restore(c.Context(), r)
		},
	}
	flags := c.Flags()
	flags.StringVar(&r.from, "from", "", "the store: a folder, or s3://bucket/prefix?endpoint=…&region=…")
	flags.Int64Var(&r.id, "backup", 0, "number of the backup")
	flags.StringVar(&r.target.Data, "data", "", "data folder of the node, empty or not there yet (engine.data)")
	flags.Int32Var(&r.target.Node, "node-id", 0, "number of the node (engine.nodeId)")
	flags.IntVar(&r.target.Size, "cluster-size", 1, "number of nodes of the new cluster (engine.clusterSize)")
	flags.IntVar(&r.target.Factor, "replication-factor", 1, "number of nodes that have each partition (engine.replicationFactor)")
	flags.Int32Var(&r.target.Partitions, "partitions", 0, "number of partitions the new cluster shall have, which must be the backup's; 0 is that")
	flags.StringSliceVar(&r.target.Zones, "zones", nil, "zones of all nodes in the order of their numbers (engine.zone), if they have any")
	return c
}

// restored is the answer of backup restore.
type restored struct {
	*backup.Note
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func (b *backupClient) restore(ctx context.Context, r restoring) error {
	store, err := b.openStore("backup restore", r.from)
	if err != nil {
		return err
	}
	r.target.Data = filepath.Clean(r.target.Data)
	began := time.Now()
	note, err := backup.Restore(ctx, store, r.id, r.target, began.UnixMilli())
	if err != nil {
		return failed("backup restore", err.Error(), "")
	}
	answer := restored{Note: &note, Seconds: time.Since(began).Seconds()}
	for _, p := range note.Own {
		answer.Bytes += p.Bytes
	}
	return b.a.print(answer, func(w io.Writer) {
		fmt.Fprintf(w, "backup %d is restored to node %d in %s: %d partitions, %d bytes in %.1f s\n",
			note.ID, note.Node, r.target.Data, len(note.Own), answer.Bytes, answer.Seconds)
		fmt.Fprintf(w, "start it with engine.nodeId %d, engine.clusterSize %d, engine.partitions %d and engine.replicationFactor %d\n",
			note.Node, note.Size, note.Partitions, note.Factor)
	})
}
