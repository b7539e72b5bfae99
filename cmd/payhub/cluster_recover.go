package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/payhub/payhub/engine/gateway/actuator"
	"github.com/spf13/cobra"
)

func (m *managementClient) recoverCommand() *cobra.Command {
	var request actuator.RecoverRequest
	var dryRun, sure bool
	c := &cobra.Command{
		Use: "recover", Short: "go on without a zone or nodes that are lost for good", Args: noArguments,
		Long: `Goes on without nodes that are lost for good, when partitions have lost their majority with them.

What only the lost nodes had is lost. It is refused while one of them is seen or answers, while one of the others does
not answer, and while every partition still has a majority. Nodes that come back find that they were given up: their
data is set aside, and they begin anew. Read docs/howto-recover-a-region.md first.`,
		Example: "  payhub cluster recover --lost-zone north --dry-run\n  payhub cluster recover --lost-nodes 2,3",
		RunE: func(c *cobra.Command, _ []string) error {
			if (request.LostZone == "") == (len(request.LostBrokers) == 0) {
				return usage("cluster recover", "either --lost-zone or --lost-nodes is needed", "see payhub cluster recover --help")
			}
			return m.recover(c.Context(), request, dryRun, sure)
		},
	}
	c.Flags().StringVar(&request.LostZone, "lost-zone", "", "zone whose nodes are all lost")
	c.Flags().Int32SliceVar(&request.LostBrokers, "lost-nodes", nil, "nodes that are lost")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be done and change nothing")
	c.Flags().BoolVar(&sure, "yes-i-am-sure-they-are-down", false, "do not ask")
	return c
}

// recover shows what would be done, has it confirmed, and has it done.
func (m *managementClient) recover(ctx context.Context, request actuator.RecoverRequest, dryRun, sure bool) error {
	const what, path = "cluster recover", "/cluster/recover"
	var plan, done actuator.Recovered
	if err := m.call(ctx, what, http.MethodPost, path+"?dryRun=true", request, &plan); err != nil {
		return err
	}
	if dryRun {
		return m.a.print(plan, func(w io.Writer) { recoveryText(w, plan) })
	}
	if !sure {
		recoveryText(m.a.Err, plan)
		if err := m.confirm(what, request); err != nil {
			return err
		}
	}
	if err := m.call(ctx, what, http.MethodPost, path, request, &done); err != nil {
		return err
	}
	return m.a.print(done, func(w io.Writer) {
		recoveryText(w, done)
		fmt.Fprintln(w, "the cluster goes on without them; look at it with payhub cluster status")
	})
}

// confirm has the zone, or the nodes, typed in.
func (m *managementClient) confirm(what string, request actuator.RecoverRequest) error {
	name := request.LostZone
	if name == "" {
		name = strings.Trim(strings.ReplaceAll(fmt.Sprint(request.LostBrokers), " ", ","), "[]")
	}
	fmt.Fprintf(m.a.Err, "\nWhat only these nodes had is lost, for ever. If they still run somewhere, payments are made twice.\nType %s to go on: ", name)
	typed, _ := bufio.NewReader(m.a.In).ReadString('\n') // nothing typed is no confirmation
	if strings.TrimSpace(typed) != name {
		return failed(what, "it was not confirmed", "type "+name+" when you are asked, or give --yes-i-am-sure-they-are-down; nothing was changed")
	}
	return nil
}

func recoveryText(w io.Writer, r actuator.Recovered) {
	fmt.Fprintln(w, "given up for ever: "+strings.Join(r.Abandoned, ", "))
	for _, id := range slices.Sorted(maps.Keys(r.Alone)) {
		fmt.Fprintf(w, "partition %s has lost its majority; it goes on with the copy of %s\n", id, r.Alone[id])
	}
	fmt.Fprintln(w, "afterwards:")
	brokersText(w, r.Expected)
}
