package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/spf13/cobra"
)

// backupClient calls what a node serves of backups.
type backupClient struct{ managementClient }

func (a *app) backupCommand() *cobra.Command {
	b := &backupClient{managementClient{a: a}}
	c := group("backup", "take, list and restore backups of the whole cluster",
		"  payhub backup create\n  payhub backup list -o json\n  payhub backup restore --from /backups --backup 7 --data ./payhub-data",
		b.createCommand(), b.listCommand(), b.showCommand(), b.deleteCommand(), b.restoreCommand())
	b.addFlag(c)
	return c
}

// call makes a request about backups and reads the JSON answer into it; nil where there is none.
func (b *backupClient) call(ctx context.Context, what, method, path string, request, answer any) error {
	return b.managementClient.call(ctx, what, method, "/backupRuntime"+path, request, answer)
}

// backupNumber reads the number of a backup from the command line.
func backupNumber(what, text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usage(what, strconv.Quote(text)+" is no number of a backup", "payhub backup list prints the numbers")
	}
	return id, nil
}

func (b *backupClient) status(ctx context.Context, what string, id int64) (s backup.Status, err error) {
	err = b.call(ctx, what, http.MethodGet, fmt.Sprintf("/%d", id), nil, &s)
	return s, err
}

// backupText prints one backup with its partitions.
func backupText(s backup.Status) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprintf(w, "backup %d: %s\n", s.ID, s.State)
		if s.FailureReason != "" {
			fmt.Fprintln(w, "because: "+s.FailureReason)
		}
		var rows [][]string
		for _, p := range s.Details {
			rows = append(rows, []string{
				fmt.Sprint(p.Partition), string(p.State), fmt.Sprint(p.BrokerID), fmt.Sprint(p.CheckpointPosition), fmt.Sprint(p.Bytes), p.LastUpdatedAt, p.FailureReason,
			})
		}
		table(w, []string{"PARTITION", "STATE", "NODE", "POSITION", "BYTES", "UPDATED", "BECAUSE"}, rows)
	}
}

// backupsText prints one line per backup.
func backupsText(list []backup.Status) func(io.Writer) {
	return func(w io.Writer) {
		var rows [][]string
		for _, s := range list {
			bytes, created := int64(0), ""
			for _, p := range s.Details {
				bytes += p.Bytes
				created = max(created, p.CreatedAt)
			}
			rows = append(rows, []string{fmt.Sprint(s.ID), string(s.State), created, fmt.Sprint(len(s.Details)), fmt.Sprint(bytes), s.FailureReason})
		}
		table(w, []string{"BACKUP", "STATE", "TAKEN", "PARTITIONS", "BYTES", "BECAUSE"}, rows)
	}
}

// pollBackup is the wait between two looks at a backup that is being made.
const pollBackup = 200 * time.Millisecond
