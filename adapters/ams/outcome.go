package ams

import (
	"errors"
	"fmt"
)

// Kind is which of the four an Outcome is.
type Kind uint8

// The kinds of an outcome. The zero value is the careful one: whoever forgets to say what happened has said that he does not know.
const (
	// KindUnknown: sent, and no trustworthy answer came back. The money may or may not have moved.
	KindUnknown Kind = iota
	// KindDone: the operation has its effect.
	KindDone
	// KindRejected: a definite no. The operation has no effect now or later.
	KindRejected
	// KindNotSent: the operation provably never reached the system; repeating it is safe.
	KindNotSent
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case KindDone:
		return "Done"
	case KindRejected:
		return "Rejected"
	case KindNotSent:
		return "NotSent"
	default:
		return "Unknown"
	}
}

// Outcome is the answer of a System: exactly one of Done with a value, Rejected with a reason, Unknown or NotSent with a cause. It
// is made by Done, Rejected, Unknown and NotSent and taken apart by Match, which makes the compiler ask for all four.
type Outcome[T any] struct {
	kind      Kind
	value     T
	rejection Rejection
	cause     error
}

// Done is the outcome of an operation that has its effect.
func Done[T any](value T) Outcome[T] { return Outcome[T]{kind: KindDone, value: value} }

// Rejected is a definite no, with a code that flows can branch on and a reason for people.
func Rejected[T any](code Code, reason string, args ...any) Outcome[T] {
	return Outcome[T]{kind: KindRejected, rejection: Rejection{Code: code, Reason: fmt.Sprintf(reason, args...)}}
}

// Unknown is the outcome when the operation may have been carried out. The cause says what came instead of an answer.
func Unknown[T any](cause error) Outcome[T] { return Outcome[T]{kind: KindUnknown, cause: cause} }

// NotSent is the outcome when the operation provably did not reach the system.
func NotSent[T any](cause error) Outcome[T] { return Outcome[T]{kind: KindNotSent, cause: cause} }

// Kind says which of the four it is.
func (o Outcome[T]) Kind() Kind { return o.kind }

// Value is what a Done outcome carries; false for every other kind.
func (o Outcome[T]) Value() (T, bool) { return o.value, o.kind == KindDone }

// Rejection is why it was rejected; false for every other kind.
func (o Outcome[T]) Rejection() (Rejection, bool) { return o.rejection, o.kind == KindRejected }

// Err is nil for Done, the Rejection for Rejected, and for Unknown and NotSent an error with the cause that errors.Is finds as
// ErrUnknown or ErrNotSent.
func (o Outcome[T]) Err() error {
	switch o.kind {
	case KindDone:
		return nil
	case KindRejected:
		return o.rejection
	case KindNotSent:
		return fmt.Errorf("%w: %w", ErrNotSent, o.because())
	default:
		return fmt.Errorf("%w: %w", ErrUnknown, o.because())
	}
}

func (o Outcome[T]) because() error {
	if o.cause == nil {
		return errors.New("the account system's adapter gave no cause")
	}
	return o.cause
}

// String is for logs: the kind, then the value, the rejection or the cause.
func (o Outcome[T]) String() string {
	if o.kind == KindDone {
		return fmt.Sprintf("Done(%+v)", o.value)
	}
	return fmt.Sprintf("%s(%v)", o.kind, o.Err())
}

// Match takes an outcome apart. Every caller says what it does with each of the four kinds.
func Match[T, R any](o Outcome[T], done func(T) R, rejected func(Rejection) R, unknown func(error) R, notSent func(error) R) R {
	switch o.kind {
	case KindDone:
		return done(o.value)
	case KindRejected:
		return rejected(o.rejection)
	case KindNotSent:
		return notSent(o.because())
	default:
		return unknown(o.because())
	}
}

// ErrUnknown marks the error of an Unknown outcome.
var ErrUnknown = errors.New("the outcome at the account system is unknown (ask for its status before anything else)")

// ErrNotSent marks the error of a NotSent outcome.
var ErrNotSent = errors.New("the request did not reach the account system (it may be repeated)")
