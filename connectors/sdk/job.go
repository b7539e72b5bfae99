package sdk

import (
	"log/slog"
	"time"
)

// Job is one piece of work, as the engine handed it out.
type Job[In any] struct {
	JobInfo
	Variables In // the variables named by the JSON tags of In
}

// JobInfo says where a job comes from.
type JobInfo struct {
	Key                int64 // changes with nothing, but is no idempotency key: use IdempotencyKey
	Type               string
	ProcessInstanceKey int64
	ElementInstanceKey int64
	ProcessID          string
	ProcessVersion     int32
	ElementID          string
	Headers            map[string]string // of the model's task
	Retries            int32             // left, this attempt included
	Attempt            int               // 1 for the first one; counts failures that this SDK reported, and stays 1 on Zeebe before 8.1
	Deadline           time.Time         // end of the lease by the engine's clock; the SDK extends it
	Tenant             string            // the engine's tenant, mostly <default>

	// IdempotencyKey is the same for every attempt, worker and restart, and different for every other piece of
	// work, loop iterations included. It is what [Handling.Key] says, else made of process instance and element
	// instance.
	IdempotencyKey string

	Log *slog.Logger // carries the fields above
}
