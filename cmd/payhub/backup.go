package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/spf13/cobra"
)

// backupPath is where a node serves backups, on its management listener.
const backupPath = "/actuator/backupRuntime"

// backupClient calls the management listener of a node.
type backupClient struct {
	a          *app
	management string
}

func (a *app) backupCommand() *cobra.Command {
	b := &backupClient{a: a}
	c := group("backup", "take, list and restore backups of the whole cluster",
		"  payhub backup create\n  payhub backup list -o json\n  payhub backup restore --from /backups --backup 7 --data ./payhub-data",
		b.createCommand(), b.listCommand(), b.showCommand(), b.deleteCommand(), b.restoreCommand())
	c.PersistentFlags().StringVar(&b.management, "management-address", a.or("127.0.0.1:9600", "PAYHUB_MANAGEMENT_ADDRESS"),
		"address of a node's management listener (PAYHUB_MANAGEMENT_ADDRESS)")
	return c
}

// call makes a request about backups and reads the JSON answer into it; nil where there is none.
func (b *backupClient) call(ctx context.Context, what, method, path string, request, answer any) error {
	var body io.Reader
	if request != nil {
		text, err := json.Marshal(request)
		if err != nil {
			return failed(what, err.Error(), "")
		}
		body = bytes.NewReader(text)
	}
	at := *b.a
	at.httpAddress = b.management
	client, base, err := at.httpClient()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, base+backupPath+path, body)
	if err != nil {
		return usage(what, "the address "+b.management+" is wrong: "+err.Error(), "write host:port")
	}
	response, err := client.Do(r)
	if err != nil {
		return unreachable(what, fmt.Sprintf("the management listener at %s is not reachable: %s", b.management, innermost(err)),
			"start payhub, or name its management address with --management-address")
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return failed(what, err.Error(), "")
	}
	if response.StatusCode/100 != 2 {
		var refusal struct{ Message string }
		if json.Unmarshal(text, &refusal) != nil || refusal.Message == "" {
			return refused(what, response.StatusCode, text)
		}
		return failed(what, refusal.Message, "")
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return failed(what, "the answer is not the JSON that was expected: "+err.Error(), "is --management-address that of a payhub of this version?")
	}
	return nil
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
