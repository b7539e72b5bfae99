package sim

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/record"
)

var keyFlag = flag.String("key", "", "TestSeed prints all committed records whose JSON holds this, a key for instance")

// explain prints the committed records that a violation is about.
func explain(t *testing.T, w *world, key string) {
	for p := range w.checks.logs {
		for _, e := range w.checks.logs[p].entries {
			if e.bytes == nil {
				continue
			}
			batch, err := e.decodedBatch()
			if err != nil {
				t.Fatal(err)
			}
			for i := range batch.Records {
				show(t, int32(p+1), e, &batch.Records[i], key)
			}
			for i := range batch.Sends {
				s := &batch.Sends[i]
				if value, _ := json.Marshal(s.Record.Value); strings.Contains(fmt.Sprint(s.Record.Key, " ", string(value)), key) {
					t.Logf("%d/%d   sends %d to %d: %s %s %s", p+1, e.index, s.Sequence, s.Partition, s.Record.ValueType, s.Record.IntentName(), value)
				}
			}
		}
	}
}

func show(t *testing.T, partition int32, e *entry, r *record.Record, key string) {
	value, _ := json.Marshal(r.Value)
	line := fmt.Sprintf("%d/%d term %d node %d %10.3f clock %10.3f now %10.3f #%d (%d) %s %s %s %d %s %s", partition, e.index, e.term, e.leader, float64(e.real-epoch)/1000,
		float64(e.clock-epoch)/1000, float64(r.Timestamp-epoch)/1000, r.Position, r.SourcePosition, r.Type, r.ValueType, r.IntentName(), r.Key, value, r.RejectionReason)
	if strings.Contains(line, key) {
		if e.decided != e.term {
			line += " WITHOUT EFFECT"
		}
		t.Log(line)
	}
}
