package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// failure is why a command did not do what it was asked: what, why, what to do, and the exit
// code.
type failure struct {
	what, why, cure string
	code            int
}

// Error prints `what: why (what to do)`.
func (f *failure) Error() string {
	text := f.why
	if f.what != "" {
		text = f.what + ": " + f.why
	}
	if f.cure != "" {
		text += " (" + f.cure + ")"
	}
	return text
}

// usage is a failure because the command line is wrong.
func usage(what, why, cure string) error { return &failure{what, why, cure, exitUsage} }

// failed is a failure of something that was tried.
func failed(what, why, cure string) error { return &failure{what, why, cure, exitFailed} }

// unreachable is a failure because nobody answers.
func unreachable(what, why, cure string) error { return &failure{what, why, cure, exitUnreachable} }

// notAvailable is the answer of what is not built yet.
func notAvailable(what, why string) error {
	return failed(what, "not available in this version: "+why, "")
}

// asFailure gives any error the form of a failure. Errors of cobra itself are about the command
// line.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	if text := err.Error(); strings.HasPrefix(text, "unknown command") || strings.HasPrefix(text, "required flag") {
		return &failure{why: text, cure: "see payhub --help", code: exitUsage}
	}
	return &failure{why: err.Error(), code: exitFailed}
}

// ofGateway turns the error of a gRPC call into a failure.
func (a *app) ofGateway(what string, err error) error {
	var already *failure
	if errors.As(err, &already) {
		return already
	}
	s, ok := status.FromError(err)
	if !ok {
		return failed(what, err.Error(), "")
	}
	switch s.Code() {
	case codes.Unavailable:
		return unreachable(what, fmt.Sprintf("the gateway at %s is not reachable: %s", a.address, s.Message()),
			a.files.cure(s.Message(), "start payhub, or name its gateway with --address"))
	case codes.DeadlineExceeded:
		return unreachable(what, fmt.Sprintf("the gateway at %s did not answer in time", a.address), "look at payhub's log and /health/ready, then try again")
	case codes.Unimplemented:
		return notAvailable(what, s.Message())
	case codes.ResourceExhausted:
		return failed(what, s.Message(), "try again later")
	}
	return failed(what, s.Message(), "")
}

// ofHTTP turns the error of an HTTP call that got no answer into a failure.
func (a *app) ofHTTP(what string, err error) error {
	var network *net.OpError
	if errors.As(err, &network) || strings.Contains(err.Error(), "tls: ") || errors.Is(err, context.DeadlineExceeded) {
		return unreachable(what, fmt.Sprintf("the HTTP API at %s is not reachable: %s", a.httpAddress, innermost(err)),
			a.files.cure(err.Error(), "start payhub, or name its HTTP address with --http-address"))
	}
	return failed(what, err.Error(), "")
}

// innermost gives the cause at the end of a chain of errors.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
