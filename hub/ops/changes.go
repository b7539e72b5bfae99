package ops

import "encoding/json"

// Changes is what a run of records of one partition changes in the store. What came and went
// within the run is left out before it gets here.
type Changes struct {
	// Partition and Progress say which records these are, by the last of them.
	Partition int32
	Progress  Progress

	// Instances, by key.
	Instances map[int64]*InstanceChange
	// Payments are root variables of instances that are payments or may be, by instance key.
	Payments map[int64]*PaymentChange
	// Jobs are the open jobs that came to be or changed, by key; nil is one that ended.
	Jobs map[int64]*Job
	// Incidents are those that came to be or were resolved, by key. Of one that came to be
	// earlier only ResolvedAt is set.
	Incidents map[int64]*Incident
	// Messages are those that are kept, by key; nil is one that is no longer.
	Messages map[int64]*Message
}

// InstanceChange is what happened to an instance.
type InstanceChange struct {
	// New is the whole instance, when it came to be in this run.
	New *Instance
	// State and EndedAt say how it ended; Active when it did not.
	State   InstanceState
	EndedAt int64
	// Steps are the lines to add, see AppendStep.
	Steps []byte
}

// PaymentChange is what is new about a payment.
type PaymentChange struct {
	// Facts are root variables that matter for a payment, JSON by name.
	Facts map[string]json.RawMessage
	// ChangedAt is the time of the last change.
	ChangedAt int64
	// EndedAt is the time when the instance ended; 0 when it did not.
	EndedAt int64
}

// NewChanges makes an empty set of changes of a partition.
func NewChanges(partition int32) *Changes {
	return &Changes{
		Partition: partition,
		Instances: map[int64]*InstanceChange{}, Payments: map[int64]*PaymentChange{}, Jobs: map[int64]*Job{},
		Incidents: map[int64]*Incident{}, Messages: map[int64]*Message{},
	}
}
