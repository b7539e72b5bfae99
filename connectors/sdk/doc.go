// Package sdk is the Go SDK of connector authors: it connects to a Zeebe-compatible gateway, starts processes and
// serves their jobs with typed handlers.
//
// A handler answers with an [Outcome], a closed type: [Done], [Rejected] (a definite no), [Retryable] (surely not
// done, may be sent again), [Unknown] (sent, no trustworthy answer) or [Fatal]. The SDK turns it into the engine's
// commands, extends the lease of long handlers, retries with back-off that the engine waits for, asks a resolver
// about unknown outcomes before anything is sent again, turns panics into failures and stops gracefully.
//
// Everything here works against payhub and against a plain Zeebe 8; what needs payhub's own service says so.
package sdk
