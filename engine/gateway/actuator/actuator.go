// Package actuator serves the management endpoints of a node, under /actuator: what Zeebe's brokers and
// gateways serve there, with its paths, statuses and JSON, and the recovery of a cluster, which is
// payhub's own. One file per endpoint.
package actuator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/payhub/payhub/engine/node"
)

// Cluster is what the endpoints are about; *node.Node is one. Errors that are *node.RefusedError have
// a status of their own, all others are 500.
type Cluster interface {
	// Status is the cluster as its coordinator knows it.
	Status(ctx context.Context) (node.Status, error)
	// Change asks for a change, or only for its plan.
	Change(ctx context.Context, wish node.Wish, dryRun bool) (node.Planned, error)
	// Cancel ends the change under way; 0 is whichever it is.
	Cancel(ctx context.Context, id int64) (node.Planned, error)
	// Recover goes on without nodes that are lost, or only says how it would.
	Recover(ctx context.Context, loss node.Loss, dryRun bool) (node.Recovery, error)
	// RebalanceAll hands partitions to the nodes that should lead them.
	RebalanceAll(ctx context.Context) error
	// PartitionStatuses tells of the partitions on this node.
	PartitionStatuses() []node.PartitionStatus
	// PauseProcessing and PauseExporting stop and resume at this node.
	PauseProcessing(paused bool) error
	PauseExporting(paused bool) error
	// PauseExportingEverywhere does so at all nodes.
	PauseExportingEverywhere(ctx context.Context, paused bool) error
	// TakeSnapshots makes the state of this node's partitions safe on disk.
	TakeSnapshots() error
	// ExporterIDs lists the exporters.
	ExporterIDs() []string
	// Ready is an error while some partition of this node cannot be used.
	Ready() error
}

// Config is what the endpoints need.
type Config struct {
	// Cluster gives the node's part of the engine; nil while it has not started, or where it has none.
	Cluster func() Cluster
	// NotReady lists why the node is not ready.
	NotReady func() []string
	// Metrics serves Prometheus' text.
	Metrics http.Handler
}

// server answers requests.
type server struct {
	Config
}

// endpoint answers one method of one path. What it returns is the body, nil: none.
type endpoint func(s *server, c Cluster, r *http.Request) (status int, body any, err error)

// endpoints are all paths with their methods, in Go's patterns.
var endpoints = map[string]map[string]endpoint{
	"/actuator/cluster":                                    {"GET": showCluster, "PATCH": patchCluster},
	"/actuator/cluster/brokers":                            {"POST": setBrokers},
	"/actuator/cluster/brokers/{broker}":                   {"POST": addBroker, "DELETE": removeBroker},
	"/actuator/cluster/brokers/{broker}/partitions/{part}": {"POST": joinPartition, "DELETE": leavePartition},
	"/actuator/cluster/replace":                            {"POST": replaceBroker},
	"/actuator/cluster/move":                               {"POST": movePartition},
	"/actuator/cluster/recover":                            {"POST": recoverCluster},
	"/actuator/cluster/changes":                            {"GET": listChanges},
	"/actuator/cluster/changes/{change}":                   {"GET": showChange, "DELETE": cancelChange},
	"/actuator/rebalance":                                  {"POST": rebalance},
	"/actuator/partitions":                                 {"GET": listPartitions},
	"/actuator/partitions/{action}":                        {"POST": actOnPartitions},
	"/actuator/exporting/{action}":                         {"POST": setExporting},
	"/actuator/exporters":                                  {"GET": listExporters},
	"/actuator/exporters/{exporter}/{action}":              {"POST": changeExporter},
	"/actuator/jobstreams":                                 {"GET": listJobStreams},
	"/actuator/jobstreams/{side}":                          {"GET": listJobStreams},
}

// New makes the handler of everything under /actuator.
func New(config Config) http.Handler {
	s, mux := &server{config}, http.NewServeMux()
	for path, methods := range endpoints {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, methods) })
	}
	for _, path := range []string{"/actuator/health", "/actuator/health/{group}"} {
		mux.HandleFunc(path, s.health)
	}
	mux.HandleFunc("/actuator/prometheus", s.prometheus)
	mux.HandleFunc("/actuator", s.nothing)
	mux.HandleFunc("/actuator/", s.nothing)
	return mux
}

// serve answers a request at a path that exists.
func (s *server) serve(w http.ResponseWriter, r *http.Request, methods map[string]endpoint) {
	answer, ok := methods[r.Method]
	if !ok {
		s.wrongMethod(w, r, sortedKeys(methods)...)
		return
	}
	c := s.Cluster()
	if c == nil {
		problem(w, r, http.StatusServiceUnavailable, "the node's part of the engine has not started: it waits for the cluster, or has no such role (see its log)")
		return
	}
	status, body, err := answer(s, c, r)
	if err != nil {
		problem(w, r, statusOf(err), err.Error())
		return
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	writeJSON(w, "application/json", status, body)
}

func (s *server) wrongMethod(w http.ResponseWriter, r *http.Request, allowed ...string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	problem(w, r, http.StatusMethodNotAllowed, fmt.Sprintf("%s is not for %s (use %s)", r.URL.Path, r.Method, strings.Join(allowed, " or ")))
}

// nothing answers paths that do not exist.
func (s *server) nothing(w http.ResponseWriter, r *http.Request) {
	paths := append(sortedKeys(endpoints), "/actuator/health", "/actuator/prometheus")
	problem(w, r, http.StatusNotFound, "there is no "+r.URL.Path+" (there are "+strings.Join(paths, ", ")+")")
}

// badRequestError is a request that cannot be read.
type badRequestError struct{ text string }

func (e *badRequestError) Error() string { return e.text }

func badRequest(format string, values ...any) error {
	return &badRequestError{fmt.Sprintf(format, values...)}
}

// notServedError is an endpoint that Zeebe has and payhub has not.
type notServedError struct{ text string }

func (e *notServedError) Error() string { return e.text }

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	var refused *node.RefusedError
	var bad *badRequestError
	var absent *notServedError
	switch {
	case errors.As(err, &bad):
		return http.StatusBadRequest
	case errors.As(err, &absent):
		return http.StatusNotImplemented
	case !errors.As(err, &refused):
		return http.StatusInternalServerError
	}
	switch refused.Fault {
	case node.FaultInvalid:
		return http.StatusBadRequest
	case node.FaultConflict:
		return http.StatusConflict
	case node.FaultUnknown:
		return http.StatusNotFound
	case node.FaultUnavailable:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// problem writes an error as RFC 9457's document.
func problem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	writeJSON(w, "application/problem+json", status, map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail, "instance": r.URL.Path,
	})
}

func writeJSON(w http.ResponseWriter, kind string, status int, body any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the caller is gone when this fails
}

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// readBody reads a JSON body strictly; none leaves what into points to as it is.
func readBody(r *http.Request, into any) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return badRequest("the body could not be read: %v", err)
	case len(text) > maxBody:
		return badRequest("the body is longer than %d bytes", maxBody)
	case len(strings.TrimSpace(string(text))) == 0:
		return nil
	}
	in := json.NewDecoder(strings.NewReader(string(text)))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return badRequest("the body is not what was expected: %v", err)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
