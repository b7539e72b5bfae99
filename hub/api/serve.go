package api

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

// reply is what an endpoint answers: a body with a status, or a problem.
type reply struct {
	status  int
	header  http.Header
	body    any
	problem *Problem

	transactionID string // for the log
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func refuse(p *Problem) reply { return reply{problem: p} }

// serve makes a handler of an endpoint: the time it may take, its answer as JSON, a line in the log, and a 500 in
// the place of a panic.
func (a *API) serve(endpoint func(*http.Request) reply) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := a.now()
		ctx, cancel := context.WithTimeout(r.Context(), a.patience)
		defer cancel()
		answer := a.guarded(endpoint, r.WithContext(ctx))
		status, body := answer.status, answer.body
		if p := answer.problem; p != nil {
			status, body = p.status, p
			if p.retryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(p.retryAfter/time.Second)))
			}
		}
		for name, values := range answer.header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		err := json.NewEncoder(w).Encode(body)
		a.logLine(r, answer, status, a.now().Sub(began), err)
	})
}

// guarded runs an endpoint; a panic is our mistake and not the end of the connection.
func (a *API) guarded(endpoint func(*http.Request) reply, r *http.Request) (answer reply) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("an endpoint panicked", "endpoint", r.Pattern, "panic", p, "stack", string(debug.Stack()))
			answer = refuse(internal("the hub failed; the same request may be repeated with the same " + headerCorrelation))
		}
	}()
	return endpoint(r)
}

// logLine writes neither bodies nor the caller's headers: both hold personal data.
func (a *API) logLine(r *http.Request, answer reply, status int, took time.Duration, sent error) {
	attrs := []any{"endpoint", r.Pattern, "status", status, "took", took}
	if answer.transactionID != "" {
		attrs = append(attrs, "transactionId", answer.transactionID)
	}
	if sent != nil {
		attrs = append(attrs, "answerNotSent", sent)
	}
	if p := answer.problem; p != nil {
		attrs = append(attrs, "errorCode", p.Code, "error", p.Description, "cause", p.cause)
		if status >= 500 {
			a.log.Error("request failed", attrs...)
			return
		}
	}
	a.log.Info("request", attrs...)
}
