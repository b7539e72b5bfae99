package core_test

import (
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/record"
)

// Records implements coretest.Backend.
func (w *world) Records(from int) ([]coretest.Record, error) { return w.records[from:], nil }

// Advance implements coretest.Backend.
func (w *world) Advance(d time.Duration) error {
	w.now += d.Milliseconds()
	return w.settle()
}

// Send implements coretest.Backend: it routes as a gateway does.
func (w *world) Send(r coretest.Request) (coretest.Answer, error) {
	command, err := commandOf(r)
	if err != nil {
		return coretest.Answer{Rejection: "status InvalidArgument", Reason: err.Error()}, nil
	}
	w.now += 7
	var answer record.Record
	if batch, ok := command.Value.(*record.JobBatch); ok {
		answer, err = w.activate(batch)
	} else {
		answer, err = w.ask(w.route(&command), command)
	}
	if err != nil {
		return coretest.Answer{}, err
	}
	if answer.IsRejection() {
		return coretest.Answer{Rejection: answer.RejectionType.String(), Reason: answer.RejectionReason}, nil
	}
	if result, ok := answer.Value.(*record.ProcessInstanceResult); ok {
		return coretest.Answer{Variables: string(result.Variables.AppendJSON(nil))}, nil
	}
	return coretest.Answer{}, nil
}

// route is the partition of a command.
func (w *world) route(command *record.Record) int32 {
	switch v := command.Value.(type) {
	case *record.Deployment:
		return 1
	case *record.Message:
		return record.PartitionForCorrelationKey(v.CorrelationKey, w.count)
	case *record.VariableDocument:
		return record.PartitionOf(v.ScopeKey)
	}
	if command.Key > 0 {
		return record.PartitionOf(command.Key)
	}
	w.spread = w.spread%w.count + 1
	return w.spread
}

// ask sends a command to a partition, and returns the answer: when everything has settled, or, if
// the world is hasty, perhaps before.
func (w *world) ask(partition int32, command record.Record) (record.Record, error) {
	if w.cut--; w.cut == 0 {
		m := w.members[w.random.IntN(len(w.members))]
		if _, err := w.decide(m, core.Command{Record: record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: 1})}); err != nil {
			return record.Record{}, err
		}
	}
	w.request++
	id := w.request
	if _, err := w.decide(w.member(partition), core.Command{RequestID: id, Record: command}); err != nil {
		return record.Record{}, err
	}
	for range w.random.IntN(w.hasty + 1) {
		if _, err := w.round(); err != nil {
			return record.Record{}, err
		}
	}
	if _, ok := w.answers[id]; !ok || w.hasty == 0 {
		if err := w.settle(); err != nil {
			return record.Record{}, err
		}
	}
	answer, ok := w.answers[id]
	if !ok {
		return answer, fmt.Errorf("no answer to %s %s", command.ValueType, command.IntentName())
	}
	return answer, nil
}

// activate asks one partition after the other for jobs until there are enough.
func (w *world) activate(batch *record.JobBatch) (answer record.Record, err error) {
	want := batch.MaxJobsToActivate
	for id := int32(1); id <= w.count; id++ {
		one := *batch
		one.MaxJobsToActivate = want
		if answer, err = w.ask(id, record.NewCommand(-1, record.JobBatchActivate, &one)); err != nil || answer.IsRejection() {
			return answer, err
		}
		if want -= int32(len(answer.Value.(*record.JobBatch).JobKeys)); want <= 0 {
			break
		}
	}
	return answer, nil
}
