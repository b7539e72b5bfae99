package check

import (
	"cmp"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// open knows what has begun and not ended, from the log alone, and proves I1: at the end there is none of it. It is also
// what an operator sees, see Judge.OpenIncidents.
type open struct {
	deaf
	j             *Judge
	instances     map[int64]*openInstance
	jobs          map[int64]thing
	timers        map[int64]thing
	subscriptions map[int64]thing // at the instance's partition
	waiting       map[int64]thing // at the message's partition
	waitingOf     map[waits]int64 // their keys
	incidents     map[int64]OpenIncident
	lastNow       map[int32]int64
}

// openInstance is a process instance that has not ended.
type openInstance struct {
	partition int32
	process   string
	position  int64 // of its latest record
	last      string
}

// waits is an element instance and a message that it waits for.
type waits struct {
	element int64
	message string
}

// thing belongs to an element instance of a process instance.
type thing struct {
	partition int32
	instance  int64
	name      string
}

// OpenIncident is an incident that waits for somebody to resolve it.
type OpenIncident struct {
	Partition int32
	Key       int64
	JobKey    int64 // -1 if it is not about a job
	Instance  int64
	Type      string
	Message   string
}

func newOpen(j *Judge) *open {
	return &open{
		j: j, instances: map[int64]*openInstance{}, jobs: map[int64]thing{}, timers: map[int64]thing{},
		subscriptions: map[int64]thing{}, waiting: map[int64]thing{}, waitingOf: map[waits]int64{},
		incidents: map[int64]OpenIncident{}, lastNow: map[int32]int64{},
	}
}

// OpenInstances is how many process instances have begun and not ended, by the committed log.
func (j *Judge) OpenInstances() int { return len(j.open.instances) }

// OpenIncidents lists the incidents that are not resolved, by key.
func (j *Judge) OpenIncidents() []OpenIncident {
	all := make([]OpenIncident, 0, len(j.open.incidents))
	for _, i := range j.open.incidents {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b OpenIncident) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

// Complain notes what a user was answered that is not what was promised.
func (j *Judge) Complain(rule, what string) { j.blame(rule, where{}, "%s", what) }

func (k *open) committed(e *Entry) {
	if e.effective() {
		k.lastNow[e.Partition] = e.Batch.Now
	}
}

func (k *open) listens() []record.ValueType {
	return []record.ValueType{
		record.ProcessInstanceValue, record.JobValue, record.TimerValue, record.IncidentValue,
		record.ProcessMessageSubscriptionValue, record.MessageSubscriptionValue,
	}
}

func (k *open) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		return
	}
	switch v := r.Value.(type) {
	case *record.ProcessInstance:
		k.instance(e, r, v)
	case *record.Job:
		// After an error was thrown the job is gone, or its incident stands for it.
		open := r.Intent != record.JobCompleted && r.Intent != record.JobCanceled && r.Intent != record.JobErrorThrown
		k.keep(k.jobs, e, r, open, v.ProcessInstanceKey, v.Type)
	case *record.Timer:
		k.keep(k.timers, e, r, r.Intent == record.TimerCreated && v.ProcessInstanceKey > 0, v.ProcessInstanceKey, v.TargetElementID)
	case *record.ProcessMessageSubscription:
		open := r.Intent == record.ProcessMessageSubscriptionCreating || r.Intent == record.ProcessMessageSubscriptionCreated ||
			r.Intent == record.ProcessMessageSubscriptionDeleting || r.Intent == record.ProcessMessageSubscriptionCorrelated && !v.IsInterrupting
		k.keep(k.subscriptions, e, r, open, v.ProcessInstanceKey, v.MessageName)
	case *record.MessageSubscription:
		of := waits{v.ElementInstanceKey, v.MessageName}
		if r.Intent == record.MessageSubscriptionRejected { // about a message; its subscription is over, too
			delete(k.waiting, k.waitingOf[of])
			return
		}
		k.waitingOf[of] = r.Key
		open := r.Intent != record.MessageSubscriptionDeleted && (r.Intent != record.MessageSubscriptionCorrelated || !v.IsInterrupting)
		k.keep(k.waiting, e, r, open, v.ProcessInstanceKey, v.MessageName)
	case *record.Incident:
		if r.Intent == record.IncidentCreated {
			k.incidents[r.Key] = OpenIncident{e.Partition, r.Key, v.JobKey, v.ProcessInstanceKey, v.ErrorType, v.ErrorMessage}
		} else {
			delete(k.incidents, r.Key)
		}
	}
}

func (k *open) keep(things map[int64]thing, e *Entry, r *record.Record, open bool, instance int64, name string) {
	if !open {
		delete(things, r.Key)
		return
	}
	if _, known := things[r.Key]; !known {
		things[r.Key] = thing{e.Partition, instance, name}
	}
}

// instance follows process instances as wholes.
func (k *open) instance(e *Entry, r *record.Record, v *record.ProcessInstance) {
	if v.FlowScopeKey >= 0 {
		if i := k.instances[v.ProcessInstanceKey]; i != nil {
			i.position, i.last = r.Position, v.ElementID
		}
		return
	}
	switch r.Intent {
	case record.ElementActivating:
		k.instances[r.Key] = &openInstance{partition: e.Partition, process: v.BpmnProcessID, position: r.Position, last: v.ElementID}
	case record.ElementCompleted, record.ElementTerminated:
		delete(k.instances, r.Key)
	}
}

// end names what is left.
func (k *open) end(unfinished []string) {
	for _, u := range unfinished {
		k.j.blame(RuleEnds, where{}, "the workload still waits: %s", u)
	}
	for _, key := range sorted(k.instances) {
		i := k.instances[key]
		k.j.blame(RuleEnds, where{i.partition, i.position, key}, "instance %d of %s has not ended; its latest record is about %s%s", key, i.process, i.last, k.waitsFor(key))
	}
	for _, left := range []struct {
		kind   string
		things map[int64]thing
	}{
		{"job", k.jobs}, {"timer", k.timers}, {"subscription of the instance", k.subscriptions}, {"subscription of the message", k.waiting},
	} {
		for _, key := range sorted(left.things) {
			if t := left.things[key]; k.instances[t.instance] == nil {
				k.j.blame(RuleEnds, where{partition: t.partition, key: key}, "the %s %d (%s) is left of instance %d, which has ended", left.kind, key, t.name, t.instance)
			}
		}
	}
	for _, i := range k.j.OpenIncidents() {
		if k.instances[i.Instance] == nil {
			k.j.blame(RuleEnds, where{partition: i.Partition, key: i.Key}, "incident %d (%s) is left of instance %d, which has ended", i.Key, i.Type, i.Instance)
		}
	}
}

// waitsFor names what an instance waits for.
func (k *open) waitsFor(instance int64) (text string) {
	for _, of := range []struct {
		kind   string
		things map[int64]thing
	}{{"job", k.jobs}, {"timer", k.timers}, {"message", k.subscriptions}, {"message, there", k.waiting}} {
		for _, key := range sorted(of.things) {
			if of.things[key].instance == instance {
				text += sprintf("; waits for %s %d (%s)", of.kind, key, of.things[key].name)
			}
		}
	}
	for _, i := range k.j.OpenIncidents() {
		if i.Instance == instance {
			text += sprintf("; has incident %d (%s: %s)", i.Key, i.Type, i.Message)
		}
	}
	return text
}

// sorted are a map's keys in order, so that reports are the same for the same run.
func sorted[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
