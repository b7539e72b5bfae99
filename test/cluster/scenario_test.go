package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/connectors/sdk"
)

// instances is how many the scenario has.
const instances = 200

// TestInstancesOverPartitionsEnd deploys at one node, starts instances once at others (twice each), lets them wait for a timer and
// for a message that is published at any node before or after they wait for it, and has workers at two nodes: each instance has
// exactly one job of each kind, and ends.
func TestInstancesOverPartitionsEnd(t *testing.T) {
	g := form(t, shape{})
	g.deploy(1)
	first, second := &ledger{jobs: map[int64][]got{}}, &ledger{jobs: map[int64][]got{}}
	for member := range 2 {
		g.worker(member, "cluster.first", first)
		g.worker(member, "cluster.second", second)
	}
	began := time.Now()
	keys := map[int]sdk.OnceKey{}
	started := map[int]int64{}
	on := map[int]int{}
	for i := range instances {
		keys[i] = sdk.OnceKey{Tenant: "t", API: "long-way", Key: fmt.Sprintf("i-%d", i)}
		if i%2 == 0 {
			g.answer(i)
		}
		key, created := g.once(i%3, keys[i], i)
		again, twice := g.once((i+1)%3, keys[i], i)
		if again != key || twice || !created {
			t.Errorf("instance %d was started twice: %d (%v) and %d (%v)", i, key, created, again, twice)
		}
		started[i] = key
		on[partition(key)]++
		if i%2 == 1 {
			g.answer(i)
		}
	}
	t.Logf("%d instances started in %v, on partitions %v", instances, time.Since(began).Round(time.Millisecond), on)
	if len(on) != g.Partitions {
		t.Errorf("instances were started on the partitions %v alone", on)
	}
	for i := range instances {
		g.waitFor(30*time.Second, fmt.Sprintf("instance %d ends", i), func() error { return g.completed((i+2)%3, keys[i]) })
		for what, l := range map[string]*ledger{"first": first, "second": second} {
			if jobs := len(l.of(started[i])); jobs != 1 {
				t.Errorf("instance %d had its %s job %d times", i, what, jobs)
			}
		}
	}
	t.Logf("all have ended after %v", time.Since(began).Round(time.Millisecond))
}

// patiently repeats a call while a node says that it may be repeated.
func (g *group) patiently(what string, call func(context.Context) error) {
	g.t.Helper()
	g.waitFor(20*time.Second, what, func() error {
		ctx, cancel := context.WithTimeout(g.t.Context(), 5*time.Second)
		defer cancel()
		err := call(ctx)
		switch status.Code(err) {
		case codes.OK, codes.Unavailable, codes.Aborted, codes.DeadlineExceeded, codes.ResourceExhausted:
			return err
		}
		g.t.Fatalf("%s: %v", what, err)
		return nil
	})
}

// once starts an instance of the long way.
func (g *group) once(member int, key sdk.OnceKey, i int) (instance int64, created bool) {
	g.t.Helper()
	g.patiently(key.Key, func(ctx context.Context) error {
		a, fresh, err := g.clients[member].CreateOnce(ctx, sdk.Once{
			OnceKey: key, BodyHash: []byte{byte(i)}, ProcessID: "long-way",
			Variables: map[string]any{"key": key.Key, "pause": fmt.Sprintf("PT%.3fS", float64(i%10)/10)},
		})
		instance, created = a.Key, fresh
		return err
	})
	return instance, created
}

// answer publishes the message of an instance, at any node.
func (g *group) answer(i int) {
	g.t.Helper()
	g.patiently("publish", func(ctx context.Context) error {
		err := g.clients[(i/2)%3].Publish(ctx, sdk.Message{Name: "cluster-answer", CorrelationKey: fmt.Sprintf("i-%d", i), TimeToLive: time.Minute, ID: fmt.Sprint(i)})
		if status.Code(err) == codes.AlreadyExists { // of a try that got no answer
			return nil
		}
		return err
	})
}

// completed is an error until an instance has ended at its end event.
func (g *group) completed(member int, key sdk.OnceKey) error {
	ctx, cancel := context.WithTimeout(g.t.Context(), 5*time.Second)
	defer cancel()
	v, err := g.clients[member].Lookup(ctx, key)
	if err == nil && !v.Completed {
		err = errors.New("it runs")
	}
	return err
}
