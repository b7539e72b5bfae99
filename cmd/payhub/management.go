package main

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"

	"github.com/payhub/payhub/engine/gateway/actuator"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// managementHandler serves health, metrics and profiles of a node:
//
//	GET /health/live    200 while the process runs
//	GET /health/ready   200 when every check passes, else 503 with the reasons
//	GET /metrics        Prometheus
//	/actuator/…         management endpoints, see engine/gateway/actuator
//	GET /debug/pprof/   profiles
func (n *node) managementHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, http.StatusOK, map[string]any{"status": "UP"})
	})
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, _ *http.Request) {
		reasons := n.notReady()
		if len(reasons) > 0 {
			writeHealth(w, http.StatusServiceUnavailable, map[string]any{"status": "DOWN", "reasons": reasons})
			return
		}
		writeHealth(w, http.StatusOK, map[string]any{"status": "UP"})
	})
	operations := actuator.New(actuator.Config{Cluster: n.cluster, NotReady: n.notReady, Metrics: promhttp.HandlerFor(n.metrics, promhttp.HandlerOpts{})})
	mux.Handle("/actuator", operations)
	mux.Handle("/actuator/", operations)
	actuator.HandleBackups(mux, n.backups.backups)
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// cluster is the node's part of the engine for the management endpoints; nil while it has none.
func (n *node) cluster() actuator.Cluster {
	if engine := n.backups.engine.Load(); engine != nil {
		return engine
	}
	return nil
}

func writeHealth(w http.ResponseWriter, code int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone when this fails
}
