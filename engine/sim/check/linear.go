package check

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/payhub/payhub/engine/record"
)

// linear proves I10 with porcupine: the operations on one key (creates with an idempotency key and reads by it, what workers
// say about a job, cancels of an instance, publishes of a message id) look as if each happened at one moment between its call
// and its answer. What the engine does to the key by itself (an instance ends, a job is canceled, a message expires) is an
// operation at the moment when it was committed.
type linear struct {
	deaf
	j         *Judge
	histories map[string]*keyHistory
}

// keyHistory is what happened to one key.
type keyHistory struct {
	model *porcupine.Model
	at    where
	ops   []porcupine.Operation
	// unsure are calls without an answer. What the log did not do for them by the end never happened; leaving those out
	// keeps the search short.
	unsure []unsure
}

type unsure struct {
	call  *call
	input any
}

// linearTimeout bounds the search on one key; its history is short, so that it is never reached in practice.
const linearTimeout = 10 * time.Second

func newLinear(j *Judge) *linear { return &linear{j: j, histories: map[string]*keyHistory{}} }

// history of a key, made when it is first met.
func (k *linear) history(name string, model *porcupine.Model, at where) *keyHistory {
	h := k.histories[name]
	if h == nil {
		h = &keyHistory{model: model, at: at}
		k.histories[name] = h
	}
	return h
}

// add notes an operation between two true times in ms. Moments within one millisecond count as at once.
func (h *keyHistory) add(from, to int64, input, output any) {
	call, end := 2*from, int64(math.MaxInt64)
	if to < math.MaxInt64 {
		end = 2*to + 1
	}
	h.ops = append(h.ops, porcupine.Operation{Input: input, Call: call, Output: output, Return: end})
}

func (k *linear) answered(c *call) {
	if c.refused() {
		return
	}
	name, model, input := subject(c)
	if model == nil {
		return
	}
	h := k.history(name, model, where{partition: c.partition, key: c.command.Key})
	if c.err != nil {
		h.unsure = append(h.unsure, unsure{c, input})
		return
	}
	h.add(c.invokedAt, c.answeredAt, input, c.answer)
}

// subject is the key that a call is about, its model, and what the model is told of the call.
func subject(c *call) (name string, model *porcupine.Model, input any) {
	switch v := c.command.Value.(type) {
	case *record.CreatedOnce:
		return "once " + idempotencyKey(v.TenantID, v.API, v.IdempotencyKey), &onceModel, v
	case *record.Job:
		if c.command.Intent == record.JobComplete || c.command.Intent == record.JobFail || c.command.Intent == record.JobThrowError {
			return sprintf("job %d", c.command.Key), &jobModel, c.command.Intent
		}
	case *record.ProcessInstance:
		if c.command.Intent == record.ProcessInstanceCancel {
			return sprintf("instance %d", c.command.Key), &cancelModel, c.command.Intent
		}
	case *record.Message:
		if v.MessageID != "" && c.command.Intent == record.MessagePublish {
			return messageName(v), &messageModel, c.command.Intent
		}
	}
	return "", nil, nil
}

func messageName(v *record.Message) string {
	return "message " + v.Name + "\x00" + v.CorrelationKey + "\x00" + v.MessageID
}

func (k *linear) lookedUp(l *lookup) {
	if l.request.IdempotencyKey == "" {
		return
	}
	name := "once " + idempotencyKey(l.request.TenantID, l.request.API, l.request.IdempotencyKey)
	k.history(name, &onceModel, where{partition: l.partition, key: l.found.ProcessInstanceKey}).add(l.invokedAt, l.answeredAt, lookupInput{}, l.found)
}

func (k *linear) listens() []record.ValueType {
	return []record.ValueType{record.CreatedOnceValue, record.JobValue, record.MessageValue, record.ProcessInstanceValue}
}

// record notes what the engine does by itself. Only keys that clients use are followed; a job's or a message's end comes
// after them, so that is known by then, but for calls whose answers are still on their way.
func (k *linear) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		return
	}
	switch v := r.Value.(type) {
	case *record.CreatedOnce:
		if r.Intent == record.CreatedOnceEnded {
			name := "once " + idempotencyKey(v.TenantID, v.API, v.IdempotencyKey)
			k.history(name, &onceModel, of(e, r)).add(k.j.at, k.j.at, endInput{v.State}, nil)
		}
	case *record.Job:
		if r.Intent == record.JobCanceled {
			// It counts as gone from when its instance was ended by an event, which may be decisions before.
			k.history(sprintf("job %d", r.Key), &jobModel, of(e, r)).add(0, k.j.at, endInput{}, nil)
		}
	case *record.Message:
		if r.Intent == record.MessageExpired && v.MessageID != "" {
			k.history(messageName(v), &messageModel, of(e, r)).add(k.j.at, k.j.at, endInput{}, nil)
		}
	case *record.ProcessInstance:
		if v.FlowScopeKey < 0 && (r.Intent == record.ElementCompleted || r.Intent == record.ElementTerminating) {
			k.history(sprintf("instance %d", r.Key), &cancelModel, of(e, r)).add(k.j.at, k.j.at, endInput{}, nil)
		}
	}
}

func (k *linear) end([]string) {
	names := make([]string, 0, len(k.histories))
	for name, h := range k.histories {
		for _, u := range h.unsure {
			if u.call.happened || u.call.command.OperationReference == 0 {
				h.add(u.call.invokedAt, math.MaxInt64, u.input, nil)
			}
		}
		if len(h.ops) > 1 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		h := k.histories[name]
		slices.SortStableFunc(h.ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		if porcupine.CheckOperationsTimeout(*h.model, h.ops, linearTimeout) == porcupine.Illegal {
			k.j.blame(RuleLinear, h.at, "the operations on %q are not linearizable:%s", name, h.list())
		}
	}
}

// list prints a history, an operation a line.
func (h *keyHistory) list() (text string) {
	for _, op := range h.ops {
		to := "?"
		if op.Return < math.MaxInt64 {
			to = sprintf("%d", op.Return/2)
		}
		text += sprintf("\n    %d to %s: %s", op.Call/2, to, describe(op.Input, op.Output))
	}
	return text
}
