package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/gateway/actuator"
	"github.com/spf13/cobra"
)

func (m *managementClient) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "print nodes, their partitions, and the change under way", Args: noArguments,
		Example: "  payhub cluster status\n  payhub cluster status -o json   # the answer of GET /actuator/cluster",
		RunE: func(c *cobra.Command, _ []string) error {
			var t actuator.Topology
			if err := m.call(c.Context(), "cluster status", http.MethodGet, "/cluster", nil, &t); err != nil {
				return err
			}
			return m.a.print(t, func(w io.Writer) { clusterText(w, t) })
		},
	}
}

// clusterText prints a cluster for people.
func clusterText(w io.Writer, t actuator.Topology) {
	fmt.Fprintf(w, "version %d; new instances go to %d partition(s), messages to %d", t.Version, t.Routing.Partitions, t.Routing.MessagePartitions)
	if t.Coordinator == "" {
		fmt.Fprint(w, "; the coordinator was not reached: this is what the node that was asked knows")
	}
	fmt.Fprintln(w)
	brokersText(w, t.Brokers)
	switch p := t.PendingChange; {
	case p != nil:
		fmt.Fprintln(w, progressText(p))
	case t.LastChange != nil:
		fmt.Fprintf(w, "last change: %d, %s at %s\n", t.LastChange.ID, strings.ToLower(t.LastChange.Status), t.LastChange.CompletedAt)
	}
	if len(t.Abandoned) > 0 {
		fmt.Fprintln(w, "recovered without "+strings.Join(t.Abandoned, ", "))
	}
}

// brokersText prints nodes; a partition is marked with its priority, the highest should lead.
func brokersText(w io.Writer, brokers []actuator.Broker) {
	var rows [][]string
	for _, b := range brokers {
		var partitions []string
		for _, p := range b.Partitions {
			text := fmt.Sprintf("%d(%d)", p.ID, p.Priority)
			if p.State != "ACTIVE" {
				text += strings.ToLower(p.State)
			}
			partitions = append(partitions, text)
		}
		seen := "-"
		if b.Seen != nil {
			seen = map[bool]string{true: "up", false: "not seen"}[*b.Seen]
		}
		rows = append(rows, []string{fmt.Sprint(b.ID), b.Zone, strings.ToLower(b.State), seen, strings.Join(partitions, " ")})
	}
	table(w, []string{"NODE", "ZONE", "STATE", "SEEN", "PARTITIONS(PRIORITY)"}, rows)
}

// progressText says in one line how a change gets on.
func progressText(p *actuator.PendingChange) string {
	text := fmt.Sprintf("change %d: operation %d of %d", p.ID, len(p.Completed)+1, len(p.Completed)+len(p.Pending))
	if len(p.Pending) > 0 {
		text += ", " + operationText(p.Pending[0])
	}
	if p.EntriesBehind > 0 {
		text += fmt.Sprintf(", %d entries behind", p.EntriesBehind)
	}
	if p.Failure != "" {
		text += "; it is tried again: " + p.Failure
	}
	return text
}

// operationText says what an operation does.
func operationText(o placement.Operation) string {
	switch o.Kind {
	case placement.UpdateRouting:
		return fmt.Sprintf("%s to %d partitions", o.Kind, o.Count)
	case placement.UpdateReplicationFactor:
		return fmt.Sprintf("%s to %d", o.Kind, o.Count)
	}
	text := fmt.Sprintf("%s node %d", o.Kind, o.Node)
	if o.Partition > 0 {
		text += fmt.Sprintf(" partition %d", o.Partition)
	}
	if o.Priority > 0 {
		text += fmt.Sprintf(" priority %d", o.Priority)
	}
	return text
}
