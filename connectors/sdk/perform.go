package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// CodeInvalidInput is the BPMN error code of a job whose variables do not fit the handler's input type: a mistake
// of the model or of its caller, that a repeat cannot mend.
const CodeInvalidInput = "InvalidInput"

// markerVariable is a variable local to the task. It remembers, across workers and restarts, how often this job was
// tried and that its last outcome was unknown.
const markerVariable = "payhubAttempt"

type marker struct {
	Failures   int  `json:"failures"`
	Unresolved bool `json:"unresolved,omitempty"`
}

// attempt is one delivery of a job.
type attempt struct {
	job *gatewaypb.ActivatedJob
	log *slog.Logger
}

// verdict is what is to be reported to the engine.
type verdict struct {
	kind      kind
	variables string        // done: the answer; rejected: of the error; JSON object or empty
	code      string        // rejected
	message   string        // anything but done
	after     time.Duration // retryable
	marker    marker        // retryable
}

// performer does one job. It knows the types; what it returns does not.
type performer[In, Out any] struct {
	Handling[In, Out]
	settings settings
	attempt
}

func (p performer[In, Out]) perform(ctx context.Context) verdict {
	job, mark, err := p.read()
	if err != nil {
		return verdict{kind: kindRejected, code: CodeInvalidInput, message: err.Error()}
	}
	if mark.Unresolved && p.Resolve != nil {
		if o := p.clearUp(ctx, job); o.kind != kindRetryable {
			return p.judge(o, mark)
		}
		// Surely nothing happened: it may be sent, with the same key.
	}
	o := p.call(ctx, p.Do, job)
	if o.kind == kindUnknown && p.Resolve != nil {
		o = p.clearUp(ctx, job)
	}
	return p.judge(o, mark)
}

// read makes the typed job out of the engine's.
func (p performer[In, Out]) read() (Job[In], marker, error) {
	j := p.job
	out := Job[In]{JobInfo: JobInfo{
		Key: j.Key, Type: j.Type, ProcessInstanceKey: j.ProcessInstanceKey, ElementInstanceKey: j.ElementInstanceKey,
		ProcessID: j.BpmnProcessId, ProcessVersion: j.ProcessDefinitionVersion, ElementID: j.ElementId,
		Retries: j.Retries, Deadline: time.UnixMilli(j.Deadline), Tenant: j.TenantId, Log: p.log,
	}}
	var m struct {
		Marker marker `json:"payhubAttempt"`
	}
	if j.Variables != "" {
		if err := json.Unmarshal([]byte(j.Variables), &out.Variables); err != nil {
			return out, marker{}, describe(err)
		}
		if err := json.Unmarshal([]byte(j.Variables), &m); err != nil {
			return out, marker{}, describe(err)
		}
	}
	if j.CustomHeaders != "" {
		if err := json.Unmarshal([]byte(j.CustomHeaders), &out.Headers); err != nil {
			return out, marker{}, fmt.Errorf("the job's headers are not a JSON object of strings: %w", err)
		}
	}
	out.Attempt = m.Marker.Failures + 1
	if p.Key != nil {
		out.IdempotencyKey = p.Key(out.Variables)
	}
	if out.IdempotencyKey == "" {
		out.IdempotencyKey = fmt.Sprintf("%d-%d", j.ProcessInstanceKey, j.ElementInstanceKey)
	}
	return out, m.Marker, nil
}

// describe names the field, and never quotes the value: it may be personal.
func describe(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("variable %s: got a JSON %s, need %s", wrong.Field, wrong.Value, wrong.Type)
	}
	return fmt.Errorf("the job's variables do not fit the handler's input: %w", err)
}

// call runs a function of the author. A panic says nothing about what was sent before it: with a resolver it is an
// unknown outcome, else a failure.
func (p performer[In, Out]) call(ctx context.Context, f func(context.Context, Job[In]) Outcome[Out], job Job[In]) (o Outcome[Out]) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		p.log.Error("the handler panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		err := fmt.Errorf("the handler panicked: %v", r)
		if o = Retryable[Out](err, 0); p.Resolve != nil {
			o = Unknown[Out](err)
		}
	}()
	return f(ctx, job)
}

// clearUp asks the resolver until it knows or patience ends.
func (p performer[In, Out]) clearUp(ctx context.Context, job Job[In]) Outcome[Out] {
	pause := Backoff{Min: p.settings.backoff.Min / 8, Max: p.settings.backoff.Max, Factor: p.settings.backoff.Factor}
	var o Outcome[Out]
	for n := 1; ; n++ {
		o = p.call(ctx, p.Resolve, job)
		if o.kind != kindUnknown || n >= p.settings.asks || !sleep(ctx, pause.After(n)) {
			return o
		}
	}
}

// judge turns the outcome into what is reported.
func (p performer[In, Out]) judge(o Outcome[Out], before marker) verdict {
	switch o.kind {
	case kindDone:
		return done(o.out)
	case kindRejected:
		if p.OnRejected != nil {
			return done(p.OnRejected(o.rejection))
		}
		text, err := object(o.rejection.Variables)
		if err != nil {
			return fatal(err)
		}
		return verdict{kind: kindRejected, code: o.rejection.Code, message: o.rejection.Message, variables: text}
	case kindRetryable:
		return p.again(o, marker{Failures: before.Failures + 1})
	case kindUnknown:
		if p.OnUnknown != nil {
			return done(p.OnUnknown(o.err))
		}
		if p.Resolve == nil {
			return fatal(fmt.Errorf("the outcome is unknown and the handler has no resolver; find out at the target before the incident is resolved: %w", o.err))
		}
		return p.again(o, marker{Failures: before.Failures + 1, Unresolved: true})
	}
	return fatal(o.Err())
}

func (p performer[In, Out]) again(o Outcome[Out], m marker) verdict {
	after := o.after
	if after <= 0 {
		after = p.settings.backoff.After(m.Failures)
	}
	return verdict{kind: kindRetryable, message: o.err.Error(), after: after, marker: m}
}

func done(out any) verdict {
	text, err := object(out)
	if err != nil {
		return fatal(err)
	}
	return verdict{kind: kindDone, variables: text}
}

func fatal(err error) verdict { return verdict{kind: kindFatal, message: err.Error()} }

// object is v as the text of a JSON object; nil is none.
func object(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("the variables of type %T cannot be written as JSON: %w", v, err)
	}
	if text = bytes.TrimSpace(text); string(text) == "null" {
		return "", nil
	}
	if text[0] != '{' {
		return "", fmt.Errorf("variables must be a JSON object, and %T is not", v)
	}
	return string(text), nil
}
