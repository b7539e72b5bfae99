package node

import (
	"slices"
	"testing"

	"github.com/payhub/payhub/engine/raftlog"
)

func TestTheMinorityThatDiffersIsFound(t *testing.T) {
	log := func(b byte) hashes { return hashes{Log: [32]byte{b}, Known: true} }
	rows := func(b byte, index uint64) hashes {
		return hashes{Log: [32]byte{1}, Known: true, State: &raftlog.StateSum{Index: index, Hash: [32]byte{b}}}
	}
	for name, c := range map[string]struct {
		found   map[string]hashes
		members int
		wrong   []string
		differ  bool
	}{
		"all agree":                      {map[string]hashes{"a": log(1), "b": log(1), "c": log(1)}, 3, nil, false},
		"one differs":                    {map[string]hashes{"a": log(1), "b": log(2), "c": log(1)}, 3, []string{"b"}, true},
		"the leader itself":              {map[string]hashes{"a": log(9), "b": log(1), "c": log(1)}, 3, []string{"a"}, true},
		"two of five":                    {map[string]hashes{"a": log(1), "b": log(2), "c": log(1), "d": log(3), "e": log(1)}, 5, []string{"b", "d"}, true},
		"one is behind":                  {map[string]hashes{"a": log(1), "b": {Log: [32]byte{2}}, "c": log(1)}, 3, nil, false},
		"one against one, one is away":   {map[string]hashes{"a": log(1), "b": log(2)}, 3, nil, true},
		"all differ":                     {map[string]hashes{"a": log(1), "b": log(2), "c": log(3)}, 3, nil, true},
		"rows of one scan differ":        {map[string]hashes{"a": rows(1, 7), "b": rows(1, 7), "c": rows(2, 7)}, 3, []string{"c"}, true},
		"scans of different entries":     {map[string]hashes{"a": rows(1, 7), "b": rows(2, 8), "c": rows(1, 7)}, 3, nil, false},
		"a replica that has not scanned": {map[string]hashes{"a": rows(1, 7), "b": log(1), "c": rows(1, 7)}, 3, nil, false},
	} {
		wrong, differ := minority(c.found, c.members)
		if !slices.Equal(wrong, c.wrong) || differ != c.differ {
			t.Errorf("%s: %v %v are wrong, want %v %v", name, wrong, differ, c.wrong, c.differ)
		}
	}
}
