package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/payhub/payhub/engine/gateway/actuator"
	"github.com/spf13/cobra"
)

const (
	// progressPoll is how often a change is looked at while it is waited for.
	progressPoll = 300 * time.Millisecond
	// progressPatience is how long the node may be unreachable meanwhile.
	progressPatience = 30 * time.Second
)

// changeFlags are those of all commands that change the cluster.
type changeFlags struct{ dryRun, noWait bool }

func (f *changeFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the plan and change nothing")
	c.Flags().BoolVar(&f.noWait, "no-wait", false, "do not wait until the change is done")
}

// change asks for a change, prints its plan and waits for its end.
func (m *managementClient) change(ctx context.Context, what, method, path string, request any, f changeFlags) error {
	if f.dryRun {
		path += "?dryRun=true"
	}
	var plan actuator.Plan
	if err := m.call(ctx, what, method, path, request, &plan); err != nil {
		return err
	}
	if err := m.a.print(plan, func(w io.Writer) { planText(w, plan, f.dryRun) }); err != nil {
		return err
	}
	if f.dryRun || f.noWait || len(plan.PlannedChanges) == 0 {
		return nil
	}
	return m.await(ctx, what, plan.ChangeID)
}

func planText(w io.Writer, p actuator.Plan, dryRun bool) {
	if len(p.PlannedChanges) == 0 {
		fmt.Fprintln(w, "there is nothing to do")
		return
	}
	if dryRun {
		fmt.Fprintf(w, "plan of %d operation(s), which was not begun:\n", len(p.PlannedChanges))
	} else {
		fmt.Fprintf(w, "change %d with %d operation(s):\n", p.ChangeID, len(p.PlannedChanges))
	}
	for i, o := range p.PlannedChanges {
		fmt.Fprintf(w, "%4d  %s\n", i+1, operationText(o))
	}
	fmt.Fprintln(w, "afterwards:")
	brokersText(w, p.Expected)
}

// await prints how a change gets on until it has ended.
func (m *managementClient) await(ctx context.Context, what string, id int64) error {
	said, lost := "", time.Time{}
	for {
		var list actuator.ChangeList
		err := m.call(ctx, what, http.MethodGet, "/cluster/changes", nil, &list)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if lost.IsZero() {
				lost = time.Now()
			}
			var f *failure
			if time.Since(lost) > progressPatience || !errors.As(err, &f) {
				return err
			}
		case list.PendingChange != nil && list.PendingChange.ID == id:
			lost = time.Time{}
			if text := progressText(list.PendingChange); text != said && m.a.output != "json" {
				said = text
				fmt.Fprintln(m.a.Err, text)
			}
		case list.LastChange != nil && list.LastChange.ID == id && list.LastChange.Status == "CANCELLED":
			return failed(what, fmt.Sprintf("change %d was cancelled", id), "")
		case list.LastChange != nil && list.LastChange.ID >= id:
			if m.a.output != "json" {
				fmt.Fprintf(m.a.Err, "change %d is done\n", id)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(progressPoll):
		}
	}
}
