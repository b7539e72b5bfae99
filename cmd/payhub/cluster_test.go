package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/gateway/actuator"
	enginenode "github.com/payhub/payhub/engine/node"
)

// fakeCluster plans as placement does, and gets one operation further each time it is looked at.
type fakeCluster struct {
	actuator.Cluster // what these commands do not call

	mu         sync.Mutex
	now        *placement.Configuration
	recoveries []enginenode.Loss
	rebalanced int
}

func newFakeCluster(t *testing.T) *fakeCluster {
	t.Helper()
	var members []placement.Member
	for i, zone := range []string{"a", "a", "b", "b"} {
		members = append(members, placement.Member{Node: int32(i), Generation: "g", Zone: zone})
	}
	c, err := placement.Form("test", members, 2, 4)
	if err != nil {
		t.Fatal(err)
	}
	return &fakeCluster{now: c}
}

func (f *fakeCluster) Status(context.Context) (enginenode.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := enginenode.Status{Configuration: f.now, Coordinator: "0-g", Seen: []string{"0-g", "1-g", "2-g"}}
	if f.now.Change != nil {
		s.Progress = &enginenode.Progress{Behind: 7}
		next, err := f.now.Complete(f.now.Change.Done, 2000)
		if err != nil {
			return s, err
		}
		f.now = next
	}
	return s, nil
}

func (f *fakeCluster) Change(_ context.Context, w enginenode.Wish, dryRun bool) (p enginenode.Planned, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var wish placement.Wish
	switch {
	case w.Scale != nil:
		scale := placement.Scale{Remove: w.Scale.Remove, Partitions: w.Scale.Partitions, ReplicationFactor: w.Scale.ReplicationFactor}
		for _, id := range w.Scale.Add {
			scale.Add = append(scale.Add, placement.Member{Node: id, Generation: "new", Zone: "a"})
		}
		wish = scale
	case w.Replace != nil:
		wish = placement.Replace{Node: w.Replace.Node, By: placement.Member{Node: w.Replace.By, Generation: "new", Zone: "a"}}
	case w.Move != nil:
		wish = placement.Move{Partition: w.Move.Partition, From: w.Move.From, To: w.Move.To}
	}
	p.Now = f.now
	if p.Next, err = placement.Plan(f.now, wish, 1000); err != nil {
		return p, &enginenode.RefusedError{Fault: enginenode.FaultInvalid, Text: err.Error()}
	}
	if !dryRun {
		f.now = p.Next
	}
	return p, nil
}

func (f *fakeCluster) Cancel(context.Context, int64) (p enginenode.Planned, err error) {
	return p, &enginenode.RefusedError{Fault: enginenode.FaultUnknown, Text: "change 0 is not under way"}
}

func (f *fakeCluster) Recover(_ context.Context, loss enginenode.Loss, dryRun bool) (r enginenode.Recovery, err error) {
	next, err := placement.Plan(f.now, placement.Abandon{Zone: loss.Zone, Nodes: loss.Nodes}, 1000)
	if err != nil {
		return r, &enginenode.RefusedError{Fault: enginenode.FaultInvalid, Text: err.Error()}
	}
	if !dryRun {
		f.recoveries = append(f.recoveries, loss)
	}
	next, err = next.Expected()
	return enginenode.Recovery{Now: f.now, Next: next, Alone: map[int32]string{1: "0-g"}}, err
}

func (f *fakeCluster) RebalanceAll(context.Context) error { f.rebalanced++; return nil }

// serveCluster gives the management address of a fake cluster.
func serveCluster(t *testing.T, f *fakeCluster) string {
	t.Helper()
	server := httptest.NewServer(actuator.New(actuator.Config{Cluster: func() actuator.Cluster { return f }}))
	t.Cleanup(func() { server.Close(); http.DefaultClient.CloseIdleConnections() })
	return strings.TrimPrefix(server.URL, "http://")
}

// payhubTyping runs one command line with something typed in.
func payhubTyping(typed string, args ...string) result {
	var out, errs bytes.Buffer
	code := execute(context.Background(), args, terminal{In: strings.NewReader(typed), Out: &out, Err: &errs})
	return result{code, out.String(), errs.String()}
}

func TestTheClusterIsOperatedFromTheCommandLine(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"cluster status", 0, []string{"version 1; new instances go to 2 partition(s)", "0     a     active  up        1(4) 2(1)", "3     b     active  not seen"}},
		{"cluster status -o json", 0, []string{`"coordinator": "0-g"`}},
		{"cluster plan --partitions 3", 0, []string{"which was not begun", "PARTITION_BOOTSTRAP node", "UPDATE_ROUTING to 3 partitions", "afterwards:"}},
		{"cluster scale --partitions 3 --dry-run", 0, []string{"which was not begun"}},
		{"cluster scale --add 5 --remove 1 --factor 3", 0, []string{"BROKER_ADD node 5", "BROKER_REMOVE node 1", "operation 2 of", "7 entries behind", "is done"}},
		{"cluster scale --add 5 --no-wait -o json", 0, []string{`"changeId": 2`}},
		{"cluster scale", 0, []string{"there is nothing to do"}},
		{"cluster scale --partitions 1", 1, []string{"payhub: cluster scale: 1 partitions are fewer than the 2 there are"}},
		{"cluster scale --add x", 2, []string{"payhub: cluster scale: "}},
		{"cluster replace --node 1 --by 5", 0, []string{"BROKER_ADD node 5", "is done"}},
		{"cluster replace --node 1", 2, []string{"--node and --by are needed"}},
		{"cluster move --partition 1 --from 0 --to 1", 1, []string{"which has it already"}},
		{"cluster move --partition 1", 2, []string{"--partition, --from and --to are needed"}},
		{"cluster cancel", 1, []string{"payhub: cluster cancel: change 0 is not under way"}},
		{"cluster recover", 2, []string{"either --lost-zone or --lost-nodes is needed"}},
		{"cluster recover --lost-zone b --lost-nodes 2", 2, []string{"either --lost-zone or --lost-nodes is needed"}},
		{"cluster recover --lost-zone c", 1, []string{`no node is in zone "c"`}},
		{"cluster recover --lost-zone b --dry-run", 0, []string{"given up for ever: 2-g, 3-g", "partition 1 has lost its majority; it goes on with the copy of 0-g"}},
		{"rebalance", 0, []string{"rebalance: done"}},
	} {
		f := newFakeCluster(t)
		r := payhub(nil, append(strings.Fields(c.args), "--management-address", serveCluster(t, f))...)
		for _, want := range c.want {
			if r.code != c.code || !strings.Contains(r.out+r.err, want) {
				t.Errorf("payhub %s: exit code %d, want %d; output:\n%s%s\nwant in it: %s", c.args, r.code, c.code, r.out, r.err, want)
			}
		}
		if len(f.recoveries) > 0 {
			t.Errorf("payhub %s recovered %v", c.args, f.recoveries)
		}
	}
}

func TestARecoveryIsConfirmedByTypingWhatIsLost(t *testing.T) {
	for _, c := range []struct {
		args, typed string
		code, done  int
	}{
		{"--lost-zone b", "", 1, 0},
		{"--lost-zone b", "a\n", 1, 0},
		{"--lost-zone b", "b\n", 0, 1},
		{"--lost-nodes 2,3", "2,3\n", 0, 1},
		{"--lost-nodes 2,3", "2\n", 1, 0},
		{"--lost-zone b --yes-i-am-sure-they-are-down", "", 0, 1},
	} {
		f := newFakeCluster(t)
		args := append([]string{"cluster", "recover"}, strings.Fields(c.args)...)
		r := payhubTyping(c.typed, append(args, "--management-address", serveCluster(t, f))...)
		if r.code != c.code || len(f.recoveries) != c.done {
			t.Errorf("recover %s with %q typed: exit code %d, %d recoveries\n%s%s", c.args, c.typed, r.code, len(f.recoveries), r.out, r.err)
		}
	}
}

func TestNobodyAnswersAtTheManagementAddress(t *testing.T) {
	for _, args := range []string{"cluster status", "cluster scale --add 3", "rebalance"} {
		r := payhub([]string{"PAYHUB_MANAGEMENT_ADDRESS=127.0.0.1:9"}, strings.Fields(args)...)
		if r.code != 3 || !strings.Contains(r.err, "the management listener at 127.0.0.1:9 is not reachable") {
			t.Errorf("payhub %s: %d %s", args, r.code, r.err)
		}
	}
}
