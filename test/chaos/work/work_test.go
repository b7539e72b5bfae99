package work

import (
	"testing"
	"time"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
)

// The gap is what a caller sees: the longest part of a span without a committed write.
func TestGap(t *testing.T) {
	start := time.Now()
	at := func(ms ...int) (times []time.Time) {
		for _, m := range ms {
			times = append(times, start.Add(time.Duration(m)*time.Millisecond))
		}
		return times
	}
	for name, c := range map[string]struct {
		commits  []time.Time
		from, to int
		want     time.Duration
	}{
		"between two commits":                  {at(0, 5, 900, 905), 5, 1000, 895},
		"none at all":                          {nil, 10, 500, 490},
		"none after the fault":                 {at(0, 5), 10, 500, 490},
		"none before the end of the span":      {at(0, 5, 700), 10, 500, 490},
		"what was before the span is no gap":   {at(0, 300, 305, 310), 300, 310, 5},
		"the first commit after the fault":     {at(0, 250, 255, 260), 10, 260, 240},
		"the gap of the next fault is not its": {at(0, 5, 10, 15, 2000), 5, 20, 5},
	} {
		if got := gapOf(c.commits, at(c.from)[0], at(c.to)[0]); got != c.want*time.Millisecond {
			t.Errorf("%s: %s, expected %d ms", name, got, c.want)
		}
	}
}

// Keys of the probe reach the partition that they are for, as the engine's own routing sees it.
func TestPartitionOf(t *testing.T) {
	for partitions := 1; partitions <= 8; partitions++ {
		for partition := 1; partition <= partitions; partition++ {
			if key := keyOf(partition, partitions); int(record.PartitionForCorrelationKey(key, int32(partitions))) != partition {
				t.Errorf("%s is not of partition %d of %d", key, partition, partitions)
			}
		}
	}
}

// The flows of instances that wait are ones that can be deployed.
func TestResources(t *testing.T) {
	all, err := resources()
	if err != nil || len(all) != 3 {
		t.Fatal(len(all), err)
	}
	for _, r := range all {
		if _, err := bpmn.Read(r.Name, r.Content); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
}
