package coretest

import (
	"encoding/json"
	"time"
)

// Backend is an engine a scenario runs against. Keys are the engine's own; the runner translates names into them.
type Backend interface {
	// Reset gives an engine in which nothing of earlier scenarios is left that could be seen by the next one.
	Reset() error
	// Send carries out one command with its names already replaced by keys and returns when everything that follows from
	// it is done. A rejection is an answer, an error means that the backend itself is broken.
	Send(Request) (Answer, error)
	// Advance moves the clock and returns when everything that became due is done.
	Advance(time.Duration) error
	// Records returns the records written since the last Reset, from index from on, in order.
	Records(from int) ([]Record, error)
}

// Request is a command with what its names stand for.
type Request struct {
	Command   Command
	Key       int64      // of the instance, job or incident that the command names; 0 where it names none
	Resources []Resource // of a Deploy
}

// Resource is one file of a deployment.
type Resource struct {
	Name    string // the file's base name
	Content []byte
}

// Answer is what a command's sender gets: empty when accepted.
type Answer struct {
	Rejection string // the rejection type, "" if accepted
	Reason    string // its text, keys included
	Variables string // a JSON object: the result of a Create that waits for it
}

// Record is one record in the exporters' JSON envelope (docs: record JSON of Zeebe's exporters).
type Record struct {
	Position        int64          `json:"position"`
	Key             int64          `json:"key"`
	Timestamp       int64          `json:"timestamp"` // ms
	RecordType      string         `json:"recordType"`
	ValueType       string         `json:"valueType"`
	Intent          string         `json:"intent"`
	RejectionType   string         `json:"rejectionType"`
	RejectionReason string         `json:"rejectionReason"`
	Value           map[string]any `json:"value"` // numbers are json.Number
}

// Event says whether the record is an event of that value type.
func (r *Record) Event(valueType string) bool {
	return r.RecordType == "EVENT" && r.ValueType == valueType
}

// Text returns a string field of the value, "" if it has none.
func (r *Record) Text(field string) string {
	s, _ := r.Value[field].(string)
	return s
}

// Int returns an integer field of the value, -1 if it has none.
func (r *Record) Int(field string) int64 {
	if n, ok := r.Value[field].(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i
		}
	}
	return -1
}
