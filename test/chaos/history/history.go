// Package history is a chaos test's own record of what it asked payhub for and what it was answered. What is sent is written
// before it is sent, what came of it as soon as it is known; nothing is read back from payhub. The judge reads it.
package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Work is a kind of work that clients ask for.
type Work string

// The kinds of work.
const (
	Payment Work = "payment" // a transfer through the public API; Key is the idempotency key
	Timer   Work = "timer"   // an instance that waits for a time; Key is its idempotency key
	Message Work = "message" // an instance that waits for a message, and the message; Key is idempotency key, correlation key and message id
	Start   Work = "start"   // a message that starts an instance; Key is correlation key and message id
)

// Event is what a note is about.
type Event string

// The events.
const (
	Sent      Event = "sent"      // work is about to be asked for; the first one of a key has its Order or Delay
	Answered  Event = "answered"  // the answer came
	Lost      Event = "lost"      // no answer came
	Publish   Event = "publish"   // the message of a key is about to be sent
	Published Event = "published" // a publish was answered, with success
	Polled    Event = "polled"    // the state was asked for and answered
	Job       Event = "job"       // a worker was given a job
	Fault     Event = "fault"     // something is about to be broken; Detail says what
	Healed    Event = "healed"    // all is whole again
)

// Order is what a client asks for with a payment.
type Order struct {
	// Cents is the amount in hundredths of a USD.
	Cents int64 `json:"cents"`
	// Refused says that the payment cannot succeed: the payer has too little, or nobody knows the payee.
	Refused bool `json:"refused,omitempty"`
}

// Note is a line of the record.
type Note struct {
	At   time.Time `json:"at"`
	What Event     `json:"what"`
	Work Work      `json:"work,omitempty"`
	Key  string    `json:"key,omitempty"`
	// Node is the node that was asked.
	Node int `json:"node"`
	// Body is what was sent, Order and Delay what a payment or a timer is about.
	Body  string        `json:"body,omitempty"`
	Order *Order        `json:"order,omitempty"`
	Delay time.Duration `json:"delay,omitempty"`
	// Status, Transaction, State and Detail are what was answered: an HTTP status or a gRPC code, a payment's id, a payment's or an
	// instance's state.
	Status      int    `json:"status,omitempty"`
	Transaction string `json:"transaction,omitempty"`
	State       string `json:"state,omitempty"`
	Detail      string `json:"detail,omitempty"`
	// Instance and JobKey are the engine's keys: of the instance that was started or that a job belongs to, and of the job. JobType
	// is the job's.
	Instance int64  `json:"instance,omitempty"`
	JobKey   int64  `json:"jobKey,omitempty"`
	JobType  string `json:"jobType,omitempty"`
}

// Journal is the record on disk, line by line. It is safe for concurrent use.
type Journal struct {
	name string
	mu   sync.Mutex
	out  *bufio.Writer
	file *os.File
	err  error
}

// Create begins a record.
func Create(name string) (*Journal, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &Journal{name: name, file: f, out: bufio.NewWriterSize(f, 64<<10)}, nil
}

// Write adds a note; its time is filled in. An error shows at Close.
func (j *Journal) Write(n Note) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n.At = time.Now()
	line, err := json.Marshal(n)
	if err == nil {
		_, err = j.out.Write(append(line, '\n'))
	}
	j.err = errors.Join(j.err, err)
}

// Close ends the record and reads it back, so that what is judged is what is on disk.
func (j *Journal) Close() ([]Note, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := errors.Join(j.err, j.out.Flush(), j.file.Close()); err != nil {
		return nil, err
	}
	return Read(j.name)
}

// Read reads a record.
func Read(name string) (notes []Note, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for in := json.NewDecoder(bufio.NewReader(f)); ; {
		var n Note
		switch err := in.Decode(&n); {
		case errors.Is(err, io.EOF):
			return notes, nil
		case err != nil:
			return nil, fmt.Errorf("the record %s after %d notes: %w", name, len(notes), err)
		}
		notes = append(notes, n)
	}
}
