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

// scaleCommand is scale, and plan, which is its dry run.
func (m *managementClient) scaleCommand(name string) *cobra.Command {
	var add, remove []int32
	var partitions, factor int
	var f changeFlags
	short := "add and remove nodes, add partitions, change the replication factor"
	if name == "plan" {
		short = "print what scale with the same flags would do"
	}
	c := &cobra.Command{
		Use: name, Short: short, Args: noArguments,
		Example: "  payhub cluster " + name + " --add 3,4 --remove 0\n  payhub cluster " + name + " --partitions 5 --factor 3",
		RunE: func(c *cobra.Command, _ []string) error {
			request := map[string]any{
				"brokers":    map[string]any{"add": add, "remove": remove},
				"partitions": map[string]any{"count": partitions, "replicationFactor": factor},
			}
			f.dryRun = f.dryRun || name == "plan"
			return m.change(c.Context(), "cluster "+name, http.MethodPatch, "/cluster", request, f)
		},
	}
	c.Flags().Int32SliceVar(&add, "add", nil, "nodes to add; they must be up")
	c.Flags().Int32SliceVar(&remove, "remove", nil, "nodes to remove")
	c.Flags().IntVar(&partitions, "partitions", 0, "number of partitions there shall be; it can only grow")
	c.Flags().IntVar(&factor, "factor", 0, "number of nodes that shall have each partition")
	if name == "scale" {
		f.add(c)
	}
	return c
}

func (m *managementClient) replaceCommand() *cobra.Command {
	var f changeFlags
	var request struct {
		Node int32 `json:"node"`
		By   int32 `json:"by"`
	}
	c := &cobra.Command{
		Use: "replace", Short: "put a new node in the place of an old one", Args: noArguments,
		Example: "  payhub cluster replace --node 1 --by 3",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("node") || !c.Flags().Changed("by") {
				return usage("cluster replace", "--node and --by are needed", "see payhub cluster replace --help")
			}
			return m.change(c.Context(), "cluster replace", http.MethodPost, "/cluster/replace", request, f)
		},
	}
	c.Flags().Int32Var(&request.Node, "node", 0, "node that goes")
	c.Flags().Int32Var(&request.By, "by", 0, "node that takes its place; it must be up")
	f.add(c)
	return c
}

func (m *managementClient) moveCommand() *cobra.Command {
	var f changeFlags
	var request struct {
		Partition int32 `json:"partition"`
		From      int32 `json:"from"`
		To        int32 `json:"to"`
	}
	c := &cobra.Command{
		Use: "move", Short: "move a partition from one node to another", Args: noArguments,
		Example: "  payhub cluster move --partition 2 --from 0 --to 3",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("partition") || !c.Flags().Changed("from") || !c.Flags().Changed("to") {
				return usage("cluster move", "--partition, --from and --to are needed", "see payhub cluster move --help")
			}
			return m.change(c.Context(), "cluster move", http.MethodPost, "/cluster/move", request, f)
		},
	}
	c.Flags().Int32Var(&request.Partition, "partition", 0, "partition")
	c.Flags().Int32Var(&request.From, "from", 0, "node that has it")
	c.Flags().Int32Var(&request.To, "to", 0, "node that gets it")
	f.add(c)
	return c
}

func (m *managementClient) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel", Short: "end the change under way where it is", Args: noArguments,
		Example: "  payhub cluster cancel",
		RunE: func(c *cobra.Command, _ []string) error {
			var t actuator.Topology
			if err := m.call(c.Context(), "cluster cancel", http.MethodDelete, "/cluster/changes/0", nil, &t); err != nil {
				return err
			}
			return m.a.print(t, func(w io.Writer) { clusterText(w, t) })
		},
	}
}
