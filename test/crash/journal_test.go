package crash

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

// note is a line of the test's own record. What is sent is written before it is sent, what came of it as soon as it is known;
// nothing is read back from payhub.
type note struct {
	At   time.Time `json:"at"`
	Life int       `json:"life"` // of the program, from 0
	What event     `json:"what"`
	// Key is the caller's id of the payment, the idempotency key.
	Key string `json:"key,omitempty"`
	// Body is what was sent; Order what the payment is about.
	Body  string `json:"body,omitempty"`
	Order *order `json:"order,omitempty"`
	// Status, Transaction and State are what was answered.
	Status      int    `json:"status,omitempty"`
	Transaction string `json:"transaction,omitempty"`
	State       string `json:"state,omitempty"`
	Detail      string `json:"detail,omitempty"`
}

// event is the kind of a note.
type event string

// The events.
const (
	eventSent     event = "sent"     // a create is about to be sent; with Body, and with Order when it is the key's first
	eventAnswered event = "answered" // a create was answered; Body says which
	eventLost     event = "lost"     // no answer came
	eventPolled   event = "polled"   // a GET was answered
	eventKilled   event = "killed"   // the program was killed; Detail is in which phases
	eventServing  event = "serving"  // the program serves again
)

// order is what a client asks for under one key.
type order struct {
	// Cents is the amount in hundredths of a USD.
	Cents int64 `json:"cents"`
	// Refused says that the payment cannot succeed: the payer has too little, or nobody knows the payee.
	Refused bool `json:"refused,omitempty"`
}

// journal is the record, on disk line by line. It is safe for concurrent use.
type journal struct {
	mu    sync.Mutex
	out   *bufio.Writer
	file  *os.File
	life  int
	notes int
	err   error
}

func newJournal(name string) (*journal, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &journal{file: f, out: bufio.NewWriterSize(f, 64<<10)}, nil
}

// write adds a note; the time and the program's life are filled in.
func (j *journal) write(n note) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if n.What == eventServing {
		j.life++
	}
	n.At, n.Life = time.Now(), j.life
	line, err := json.Marshal(n)
	if err == nil {
		_, err = j.out.Write(append(line, '\n'))
	}
	j.notes++
	j.err = errors.Join(j.err, err)
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.err, j.out.Flush(), j.file.Close())
}

// readJournal reads a record back.
func readJournal(name string) (notes []note, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for in := json.NewDecoder(bufio.NewReader(f)); ; {
		var n note
		switch err := in.Decode(&n); {
		case errors.Is(err, io.EOF):
			return notes, nil
		case err != nil:
			return nil, fmt.Errorf("the record %s after %d notes: %w", name, len(notes), err)
		}
		notes = append(notes, n)
	}
}
