package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// The questions that a partition's leader answers from its state; see Router.Query.
const (
	// QueryKnows asks whether process definitions are known; the body is their keys as varints, the answer one
	// byte, 1 for all of them.
	QueryKnows = "knows"
	// QueryConfiguration asks for the cluster's configuration in the log; the answer is its version
	// as a varint and the document.
	QueryConfiguration = "configuration"
	// QueryCheckpoint asks for the newest checkpoint; the answer is its number as a varint.
	QueryCheckpoint = "checkpoint"
	// queryLookup reads an instance.
	queryLookup = "lookup"
)

// Query asks the leader of a partition a question about what is committed there. It waits for a
// leader like Submit, and asks again where a connection was lost, since asking changes nothing.
func (r *Router) Query(ctx context.Context, id int32, name string, body []byte) (answer []byte, err error) {
	try := func() error {
		answer, err = r.queryNow(ctx, id, name, body)
		if errors.Is(err, ErrOutcomeUnknown) {
			err = &remoteError{ErrUnavailable, err.Error()}
		}
		return err
	}
	changed := r.table.changed()
	if err := try(); !errors.Is(err, ErrUnavailable) {
		return answer, err
	}
	err = r.insist(ctx, changed, err, try)
	return answer, err
}

func (r *Router) queryNow(ctx context.Context, id int32, name string, body []byte) ([]byte, error) {
	v := r.view.Load()
	if local := v.locals[id]; local != nil && local.Leads() {
		return ask(ctx, local, name, body)
	}
	l, err := r.leaderLane(v, id)
	if err != nil {
		return nil, err
	}
	return l.query(ctx, id, name, body)
}

// ask puts a question to a partition of this node.
func ask(ctx context.Context, local Local, name string, body []byte) (answer []byte, err error) {
	if name == queryLookup {
		return lookUp(ctx, local, body)
	}
	var unknown error
	err = local.Query(ctx, func(m partition.Machine) { answer, unknown = askMachine(m, name, body) })
	if err == nil {
		err = unknown
	}
	return answer, translate(err)
}

// askMachine answers the questions that need nothing but the state.
func askMachine(m partition.Machine, name string, body []byte) ([]byte, error) {
	switch m := m.(type) {
	case interface {
		Knows(definitionKey int64) bool
	}:
		if name == QueryKnows {
			return knows(m.Knows, body)
		}
	}
	if m, ok := m.(interface{ Configuration() (int64, []byte) }); ok && name == QueryConfiguration {
		version, document := m.Configuration()
		return append(binary.AppendVarint(nil, version), document...), nil
	}
	if m, ok := m.(interface{ Checkpoint() int64 }); ok && name == QueryCheckpoint {
		return binary.AppendVarint(nil, m.Checkpoint()), nil
	}
	return nil, fmt.Errorf("cluster: a partition has no answer to the question %q: the node that asks may have a newer version", name)
}

func knows(knows func(int64) bool, body []byte) ([]byte, error) {
	for len(body) > 0 {
		key, n := binary.Varint(body)
		if n <= 0 {
			return nil, errors.New("cluster: a list of keys is damaged")
		}
		if body = body[n:]; !knows(key) {
			return []byte{0}, nil
		}
	}
	return []byte{1}, nil
}

const (
	// firstLook and lastLook are how long it waits between two looks whether a definition arrived.
	firstLook = 2 * time.Millisecond
	lastLook  = 50 * time.Millisecond
)

// Asker puts questions to the partitions of a cluster; *Router is one.
type Asker interface {
	PartitionIDs() []int32
	Query(ctx context.Context, id int32, name string, body []byte) ([]byte, error)
}

// AwaitDefinitions waits until every partition knows the process definitions, which are made at one
// and mailed to the others, or until the context ends. It is no error if a partition does not know
// them in time: they arrive when it can be reached again.
func AwaitDefinitions(ctx context.Context, r Asker, keys []int64) {
	var body []byte
	for _, key := range keys {
		body = binary.AppendVarint(body, key)
	}
	var all sync.WaitGroup
	for _, id := range r.PartitionIDs() {
		if id == record.PartitionOf(keys[0]) {
			continue // it made them
		}
		all.Go(func() {
			for rest := firstLook; ctx.Err() == nil; rest = min(2*rest, lastLook) {
				answer, err := r.Query(ctx, id, QueryKnows, body)
				if err == nil && len(answer) == 1 && answer[0] == 1 {
					return
				}
				select {
				case <-time.After(rest):
				case <-ctx.Done():
				}
			}
		})
	}
	all.Wait()
}
