package sdk

import (
	"errors"
	"fmt"
	"time"
)

// Outcome is what a handler made of its job. The zero Outcome is not valid; use the constructors.
type Outcome[Out any] struct {
	kind      kind
	out       Out
	rejection Rejection
	err       error
	after     time.Duration
}

type kind int

const (
	kindInvalid kind = iota
	kindDone
	kindRejected
	kindRetryable
	kindUnknown
	kindFatal
)

func (k kind) String() string {
	return [...]string{"invalid", "done", "rejected", "retryable", "unknown", "fatal"}[k]
}

// Rejection is a definite no, for business reasons: nothing happened and a repeat would get the same answer.
type Rejection struct {
	Code      string // of the BPMN error
	Message   string // for a person; no personal data
	Variables any    // a JSON object, or nil; set where the error is caught
}

// Done says that the work is done, once; out becomes variables of the process.
func Done[Out any](out Out) Outcome[Out] { return Outcome[Out]{kind: kindDone, out: out} }

// Rejected says that the work was refused for a business reason. It becomes a BPMN error, or, with
// [Handling.OnRejected], an ordinary answer.
func Rejected[Out any](code, message string) Outcome[Out] {
	return RejectedWith[Out](Rejection{Code: code, Message: message})
}

// RejectedWith is Rejected with variables.
func RejectedWith[Out any](r Rejection) Outcome[Out] {
	return Outcome[Out]{kind: kindRejected, rejection: r}
}

// Retryable says that surely nothing happened (never sent, refused for now) and that the same may be tried again
// with the same key, after the given time; 0 means the handler's back-off. Each time costs one retry of the job;
// without any left there is an incident.
func Retryable[Out any](err error, after time.Duration) Outcome[Out] {
	return Outcome[Out]{kind: kindRetryable, err: orNil(err), after: after}
}

// Unknown says that the request may have been carried out. The SDK then asks [Handling.Resolve]; it never calls the
// handler again before the resolver has said that nothing happened.
func Unknown[Out any](err error) Outcome[Out] {
	return Outcome[Out]{kind: kindUnknown, err: orNil(err)}
}

// Fatal says that trying again is pointless and a person has to look: an incident at once.
func Fatal[Out any](err error) Outcome[Out] { return Outcome[Out]{kind: kindFatal, err: orNil(err)} }

// String names the kind of outcome: done, rejected, retryable, unknown or fatal.
func (o Outcome[Out]) String() string { return o.kind.String() }

// Value is what Done was given; ok is false for every other outcome.
func (o Outcome[Out]) Value() (out Out, ok bool) { return o.out, o.kind == kindDone }

// Err says what is wrong with anything but Done. A rejection reads "code: message".
func (o Outcome[Out]) Err() error {
	switch o.kind {
	case kindDone:
		return nil
	case kindRejected:
		return fmt.Errorf("%s: %s", o.rejection.Code, o.rejection.Message)
	case kindInvalid:
		return errors.New("the handler returned the zero Outcome; return Done, Rejected, Retryable, Unknown or Fatal")
	}
	return o.err
}

func orNil(err error) error {
	if err == nil {
		return errors.New("no error given")
	}
	return err
}
