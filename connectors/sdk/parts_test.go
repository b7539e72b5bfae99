package sdk_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/connectors/sdktest"
)

func TestBackoffGrowsWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := sdk.Backoff{
			Min:    time.Duration(rapid.IntRange(1, 1e9).Draw(t, "min")),
			Max:    time.Duration(rapid.IntRange(1e9, 1e12).Draw(t, "max")),
			Factor: rapid.Float64Range(0, 10).Draw(t, "factor"),
		}
		n := rapid.IntRange(0, 1000).Draw(t, "n")
		if d := b.After(n); d < b.Min/2-1 || d > b.Max {
			t.Fatalf("%+v after %d failures: %s", b, n, d)
		}
	})
}

func TestMaskHidesNumbersAndAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"payee 27713803912 not found":      "payee ****912 not found",
		"write to ann.lee@example.org now": "write to ****org now",
		"iban 1234 5678 9012":              "iban ****012",
		"3 retries in 1500 ms":             "3 retries in 1500 ms",
		"":                                 "",
	} {
		if got := sdk.Mask(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// A canary never reaches the log, whichever way it is logged.
func TestMaskingLogsNoCanary(t *testing.T) {
	const canary = "27713803912"
	var b bytes.Buffer
	log := slog.New(sdk.Masking(slog.NewTextHandler(&b, nil), "transactionId")).With("with", canary).WithGroup("g")
	log.Info("msg "+canary, "text", canary, "err", errors.New("no "+canary), slog.Group("in", "x", canary), "any", []string{canary}, "transactionId", "12345678", "n", 12345678)
	if s := b.String(); strings.Contains(s, canary) || !strings.Contains(s, "transactionId=12345678") || !strings.Contains(s, "n=12345678") {
		t.Error(s)
	}
}

func TestMetricsCountByOutcome(t *testing.T) {
	r := prometheus.NewRegistry()
	m, err := sdk.NewMetrics(r)
	if err != nil {
		t.Fatal(err)
	}
	m.JobStarted("a")
	m.JobEnded("a", "done", time.Millisecond, nil)
	m.JobStarted("a")
	m.JobEnded("a", "rejected", time.Millisecond, errors.New("gone"))
	m.JobStarted("a")
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, v := range f.Metric {
			got[f.GetName()] += v.GetGauge().GetValue() + v.GetCounter().GetValue() + float64(v.GetHistogram().GetSampleCount())
		}
	}
	if got["payhub_connector_jobs_running"] != 1 || got["payhub_connector_job_duration_seconds"] != 2 || got["payhub_connector_reports_lost_total"] != 1 {
		t.Errorf("%v", got)
	}
	if _, err := sdk.NewMetrics(r); err == nil {
		t.Error("a second registration is no error")
	}
}

func TestKitPassesAGoodHandlerWithOneEffect(t *testing.T) {
	booked := map[string]bool{}
	sdktest.Contract(t, sdk.HandleWith("pay", sdk.Handling[in, out]{
		Do: func(_ context.Context, j sdk.Job[in]) sdk.Outcome[out] {
			booked[j.IdempotencyKey] = true
			return sdk.Done(out{j.IdempotencyKey})
		},
		Resolve: always(sdk.Done(out{})),
	}), sdktest.Case{Name: "a booking", Variables: `{"amount":"1"}`, Effects: func() int { return len(booked) }})
}
