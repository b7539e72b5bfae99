package main

import (
	"io"
	"log/slog"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/internal/config"
)

// keptInLogs are attributes whose values are ids or numbers and never personal data.
var keptInLogs = []string{
	"transactionId", "processInstanceKey", "jobKey", "key", "position", "index", "partition", "node", "exporter",
	"grpc", "http", "management", "data", "in", "took", "file", "version",
}

// newLog makes the log of a node: structured, with personal data masked.
func newLog(w io.Writer, c config.Log) *slog.Logger {
	level := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[c.Level]
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if c.Format == "json" {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(sdk.Masking(handler, keptInLogs...))
}
