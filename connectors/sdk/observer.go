package sdk

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Observer is told about every job of a worker. Its methods are called from many goroutines and must not block.
type Observer interface {
	JobStarted(jobType string)
	// JobEnded says what the handler made of the job (done, rejected, retryable, unknown, fatal or invalid), how
	// long it took with the report, and whether the engine took the report.
	JobEnded(jobType, outcome string, took time.Duration, reportError error)
}

type nobody struct{}

func (nobody) JobStarted(string)                             {}
func (nobody) JobEnded(string, string, time.Duration, error) {}

// Metrics is an Observer for Prometheus.
type Metrics struct {
	running  *prometheus.GaugeVec
	duration *prometheus.HistogramVec
	lost     *prometheus.CounterVec
}

// NewMetrics registers payhub_connector_jobs_running, payhub_connector_job_duration_seconds (by job type and
// outcome; its count is the number of jobs) and payhub_connector_reports_lost_total.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "payhub_connector_jobs_running", Help: "Jobs whose handler runs now.",
		}, []string{"type"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "payhub_connector_job_duration_seconds", Help: "From a job's receipt to its report.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
		}, []string{"type", "outcome"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "payhub_connector_reports_lost_total", Help: "Outcomes that the engine did not take; those jobs run again or are gone.",
		}, []string{"type"}),
	}
	for _, c := range []prometheus.Collector{m.running, m.duration, m.lost} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// JobStarted counts a running job.
func (m *Metrics) JobStarted(jobType string) { m.running.WithLabelValues(jobType).Inc() }

// JobEnded counts what became of it.
func (m *Metrics) JobEnded(jobType, outcome string, took time.Duration, reportError error) {
	m.running.WithLabelValues(jobType).Dec()
	m.duration.WithLabelValues(jobType, outcome).Observe(took.Seconds())
	if reportError != nil {
		m.lost.WithLabelValues(jobType).Inc()
	}
}
