package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/cluster/placement"
)

// Loss says which nodes are lost for good: all of a zone, or those named.
type Loss struct {
	Zone  string
	Nodes []int32
}

// Recovery is how a cluster goes on without nodes that are lost.
type Recovery struct {
	// Now is the configuration before it, Next the one after it, with a new lineage of versions.
	Now, Next *placement.Configuration
	// Alone says for each partition that has lost its majority which server's copy it goes on with: the
	// one that knows most. The other survivors get theirs from it anew. Partitions that have a majority
	// left are not in it: they lose the lost members and nothing else.
	Alone map[int32]string
}

// Recover goes on without nodes that are lost for good, when a partition has lost its majority with
// them: what only they had is lost. It is refused while one of them is seen or answers a probe of any
// survivor, while a survivor does not answer, and while a majority of every partition is left. Should
// the lost nodes come back they find that they were abandoned, and begin anew with empty disks.
//
// Every step may be repeated: a recovery that was broken off is asked for again. Errors: *RefusedError.
func (n *Node) Recover(ctx context.Context, loss Loss, dryRun bool) (Recovery, error) {
	if n.config.single() {
		return Recovery{}, refuse(FaultInvalid, "this node is alone: there is nothing that could be lost but itself")
	}
	if !n.rescue.asked.TryLock() {
		return Recovery{}, refuse(FaultConflict, "a recovery is under way already")
	}
	defer n.rescue.asked.Unlock()
	r := Recovery{Now: n.configuration()}
	var looks map[string]look
	for { // until the newest configuration that any survivor has is known
		var lost []string
		var err error
		if r.Next, lost, err = abandonment(r.Now, loss); err != nil {
			return r, err
		}
		if looks, err = n.lookAround(ctx, r.Next, lost); err != nil {
			return r, err
		}
		now := n.configuration()
		if now.Version == r.Now.Version {
			break
		}
		r.Now = now
	}
	var err error
	if r.Alone, err = chooseSurvivors(r.Next, looks); err != nil {
		return r, err
	}
	if len(r.Alone) == 0 && r.Next.Version != r.Now.Version {
		return r, refuse(FaultInvalid, "every partition has a majority without these nodes: nothing has to be given up (remove them with "+
			"payhub cluster scale --remove)")
	}
	if dryRun {
		return r, nil
	}
	return r, n.carryOutRecovery(ctx, r)
}

// abandonment is the configuration without the nodes that are lost, and the lost server ids. For
// nodes that were abandoned before it is the configuration as it is.
func abandonment(now *placement.Configuration, loss Loss) (next *placement.Configuration, lost []string, err error) {
	if again := abandonedBefore(now, loss); len(again) > 0 {
		return now, again, nil
	}
	base := now
	if o, ok := now.Current(); ok && o.Kind == placement.PartitionJoin {
		// The replica that joins may have a vote already: it counts as one that there is.
		if base, err = now.Complete(now.Change.Done, time.Now().UnixMilli()); err != nil {
			return nil, nil, err
		}
	}
	next, err = placement.Plan(base, placement.Abandon{Zone: loss.Zone, Nodes: loss.Nodes}, time.Now().UnixMilli())
	if err == nil {
		next, err = next.Expected()
	}
	if err != nil {
		return nil, nil, refuse(FaultInvalid, "%v", err)
	}
	next.LastChange.Completed = next.LastChange.Started
	for _, server := range next.Abandoned {
		if !slices.Contains(now.Abandoned, server) {
			lost = append(lost, server)
		}
	}
	return next, lost, nil
}

// abandonedBefore are the server ids of lost nodes, if all of them were abandoned already.
func abandonedBefore(now *placement.Configuration, loss Loss) []string {
	if loss.Zone != "" {
		if slices.ContainsFunc(now.Members, func(m placement.Member) bool { return m.Zone == loss.Zone }) {
			return nil
		}
		return now.Abandoned
	}
	for _, id := range loss.Nodes {
		if _, member := now.Member(id); member {
			return nil
		}
		if !slices.ContainsFunc(now.Abandoned, func(server string) bool { return strings.HasPrefix(server, fmt.Sprintf("%d-", id)) }) {
			return nil
		}
	}
	return now.Abandoned
}

// lookAround asks all survivors what they have and whether they see a lost node.
func (n *Node) lookAround(ctx context.Context, next *placement.Configuration, lost []string) (map[string]look, error) {
	body, err := json.Marshal(lost)
	if err != nil {
		return nil, err
	}
	looks := map[string]look{}
	for _, m := range next.Members {
		server := m.ServerID()
		got, err := n.askWithin(ctx, manageCall, server, recoverLook, body)
		if err != nil {
			return nil, refuse(FaultUnavailable, "node %d does not answer, and nobody knows what it has: %v (start it, or name it among the lost, "+
				"too)", m.Node, err)
		}
		var l look
		if err := json.Unmarshal(got, &l); err != nil {
			return nil, err
		}
		if len(l.Alive) > 0 {
			return nil, refuse(FaultConflict, "node %d still reaches %s: a node that may be up must not be given up, or two halves of the cluster "+
				"would pay twice (shut it down; a node that has just ended is seen for some seconds)", m.Node, strings.Join(l.Alive, ", "))
		}
		looks[server] = l
		n.heard(1<<63, l.Configuration)
	}
	return looks, nil
}

// chooseSurvivors chooses for each partition without a majority the survivor that knows most.
func chooseSurvivors(next *placement.Configuration, looks map[string]look) (map[int32]string, error) {
	alone := map[int32]string{}
	for _, p := range next.Partitions {
		best, copied := "", replicaLook{}
		for _, server := range slices.Sorted(maps.Keys(looks)) {
			if r, has := looks[server].Replicas[p.ID]; has && (best == "" || r.knowsMoreThan(copied)) {
				best, copied = server, r
			}
		}
		if best == "" || len(copied.Voters) == 0 {
			return nil, refuse(FaultConflict, "no survivor has partition %d: restore the cluster from a backup", p.ID)
		}
		left := 0
		for _, voter := range copied.Voters {
			if l, survives := looks[voter]; survives {
				if _, has := l.Replicas[p.ID]; has {
					left++
				}
			}
		}
		if 2*left > len(copied.Voters) {
			continue
		}
		if !slices.ContainsFunc(p.Replicas, func(r placement.Replica) bool { return r.ServerID() == best }) {
			return nil, refuse(FaultConflict, "partition %d: %s knows most, but does not belong to the partition any more (ask for help before "+
				"anything is given up)", p.ID, best)
		}
		alone[p.ID] = best
	}
	return alone, nil
}

// carryOutRecovery makes the survivors go on: first they all know that the others are given up and
// refuse them; then, partition by partition, the copies that know less stop, the one that knows most
// goes on alone, and the others begin anew. The partition's leader takes them in again.
func (n *Node) carryOutRecovery(ctx context.Context, r Recovery) error {
	failed := func(server string, err error) error {
		return refuse(FaultUnavailable, "the recovery is not complete: node %s: %v (ask for it again)", server, err)
	}
	for _, m := range r.Next.Members {
		if _, err := n.askWithin(ctx, manageCall, m.ServerID(), recoverAdopt, r.Next.Encode()); err != nil {
			return failed(m.ServerID(), err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.Alone)) {
		p, _ := r.Next.Partition(id)
		body, err := json.Marshal(id)
		if err != nil {
			return err
		}
		steps := []struct{ server, name string }{}
		for _, other := range p.Replicas {
			if other.ServerID() != r.Alone[id] {
				steps = append(steps, struct{ server, name string }{other.ServerID(), recoverStop})
			}
		}
		others := len(steps)
		steps = append(steps, struct{ server, name string }{r.Alone[id], recoverAlone})
		for _, s := range steps[:others] {
			steps = append(steps, struct{ server, name string }{s.server, recoverForget})
		}
		for _, s := range steps {
			if _, err := n.askWithin(ctx, recoveryCall, s.server, s.name, body); err != nil {
				return failed(s.server, err)
			}
		}
		n.config.Logger.Warn("a partition that had lost its majority goes on with one copy", "partition", id, "of", r.Alone[id])
	}
	return nil
}

// askWithin makes a call of bounded time.
func (n *Node) askWithin(ctx context.Context, limit time.Duration, server, name string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return n.ask(ctx, server, name, body)
}

// knowsMoreThan compares where logs end.
func (r replicaLook) knowsMoreThan(other replicaLook) bool {
	return cmp.Or(cmp.Compare(r.Term, other.Term), cmp.Compare(r.Index, other.Index)) > 0
}
