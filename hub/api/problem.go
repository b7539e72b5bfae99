package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/connectors/sdk"
)

// Problem is the error body of every endpoint, in the form of Payment Hub EE's PhErrorDTO.
type Problem struct {
	Category    string      `json:"errorCategory"` // Validation, BusinessRule, Interop or System
	Code        string      `json:"errorCode"`
	Description string      `json:"errorDescription"`
	Developer   string      `json:"developerMessage"`
	User        string      `json:"defaultUserMessage"`
	Parameters  []KeyValue  `json:"errorParameters,omitempty"`
	Errors      []Violation `json:"errors,omitempty"`

	status     int
	retryAfter time.Duration
	cause      error // for the log only
}

// KeyValue is a named value.
type KeyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Violation is one of several mistakes in a request.
type Violation struct {
	Category    string `json:"errorCategory"`
	Code        string `json:"errorCode"`
	Description string `json:"errorDescription"`
}

// Categories of problems.
const (
	categoryValidation = "Validation"
	categoryRule       = "BusinessRule"
	categoryInterop    = "Interop"
	categorySystem     = "System"
)

func problem(status int, category, code, description string) *Problem {
	return &Problem{
		Category: category, Code: code, Description: description, Developer: description,
		User: userText(category), status: status,
	}
}

func userText(category string) string {
	switch category {
	case categoryValidation, categoryRule:
		return "The request cannot be carried out as it is."
	case categoryInterop:
		return "The request cannot be carried out for one of the institutions."
	}
	return "The service cannot answer now. Please try again."
}

func internal(description string) *Problem {
	return problem(http.StatusInternalServerError, categorySystem, "ExtInternalServerError", description)
}

// violations collects the mistakes of a request, all of them, so that a caller mends them at once.
type violations []violation

type violation struct {
	Violation
	field string
}

// add notes a mistake of a field, named as in the request's JSON or as a header.
func (v *violations) add(code, field, format string, args ...any) {
	category := categoryValidation
	if code == codeSameParties {
		category = categoryRule
	}
	*v = append(*v, violation{Violation{category, code, field + " " + fmt.Sprintf(format, args...)}, field})
}

// Codes of validation.
const (
	codeMissing     = "MandatoryValueNotSupplied"
	codeFormat      = "FormatError"
	codeNegative    = "NegativeValue"
	codeSameParties = "SamePartiesError"
	codeSyntax      = "SyntaxError"
	codeExists      = "TransactionExists"
)

// problem is the answer to a request with mistakes, nil without any. The first one gives the code.
func (v violations) problem() *Problem {
	if len(v) == 0 {
		return nil
	}
	p := problem(http.StatusBadRequest, v[0].Category, v[0].Code, v[0].Description)
	for _, x := range v {
		p.Parameters = append(p.Parameters, KeyValue{"field", x.field})
		p.Errors = append(p.Errors, x.Violation)
	}
	return p
}

// engineProblem says what an error of the engine means to a caller: above all whether to try again. After every
// problem of category System the same request may be repeated with the same key.
func engineProblem(ctx context.Context, err error, flow string) *Problem {
	again := "; repeat the same request with the same " + headerCorrelation
	var p *Problem
	switch code := status.Code(err); {
	case errors.Is(err, sdk.ErrNotSupported):
		p = problem(http.StatusNotImplemented, categoryInterop, "NotImplemented", "the engine behind this hub is a plain Zeebe, which cannot be asked for a payment")
	case code == codes.ResourceExhausted:
		p = problem(http.StatusTooManyRequests, categorySystem, "ServiceDenied", "the engine takes no new work for now: it is overloaded, or its disk is full; payhub's log says which"+again)
		p.retryAfter = time.Second
	case code == codes.Unavailable || code == codes.Aborted:
		p = problem(http.StatusServiceUnavailable, categorySystem, "CommunicationError", "the engine cannot be reached"+again)
		p.retryAfter = time.Second
	case code == codes.DeadlineExceeded || ctx.Err() != nil:
		p = problem(http.StatusGatewayTimeout, categorySystem, "TimeOut", "the engine did not answer in time; the payment may have been accepted"+again)
	case code == codes.NotFound:
		p = internal(fmt.Sprintf("the flow %q is not deployed; nothing was started (deploy it, then repeat the request)", flow))
	default:
		p = internal("the engine refused what the hub sent; nothing is known to have started" + again)
	}
	p.cause = err
	return p
}
