package main

import (
	"strconv"
	"time"

	enginenode "github.com/payhub/payhub/engine/node"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/prometheus/client_golang/prometheus"
)

// figures is a collector that reads a list of figures when it is asked.
type figures struct {
	descriptions []*prometheus.Desc
	kinds        []prometheus.ValueType
	read         func() []reading
}

// reading is one number per description, for one value of the label.
type reading struct {
	label   string
	numbers []float64
}

// figure is one number that figures reads.
type figure struct {
	name, help string
	kind       prometheus.ValueType
}

func newFigures(label string, constant prometheus.Labels, list []figure, read func() []reading) *figures {
	f := &figures{read: read}
	for _, one := range list {
		f.descriptions = append(f.descriptions, prometheus.NewDesc(one.name, one.help, []string{label}, constant))
		f.kinds = append(f.kinds, one.kind)
	}
	return f
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range f.descriptions {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	for _, r := range f.read() {
		for i, value := range r.numbers {
			out <- prometheus.MustNewConstMetric(f.descriptions[i], f.kinds[i], value, r.label)
		}
	}
}

// partitionMetrics are the figures of a partition, its log and its state.
func partitionMetrics(h *enginenode.Hosted) prometheus.Collector {
	const count, gauge = prometheus.CounterValue, prometheus.GaugeValue
	constant := prometheus.Labels{"partition": strconv.Itoa(int(h.ID))}
	return newFigures("node", constant, []figure{
		{"payhub_partition_leads", "1 while this node decides for the partition", gauge},
		{"payhub_partition_queue_commands", "commands that wait to be decided", gauge},
		{"payhub_partition_queue_capacity", "commands that may wait", gauge},
		{"payhub_partition_commands_total", "commands decided", count},
		{"payhub_partition_batches_total", "log entries written", count},
		{"payhub_partition_batch_bytes_total", "bytes of log entries written", count},
		{"payhub_partition_jobs_pushed_total", "jobs handed to streams", count},
		{"payhub_partition_jobs_yielded_total", "pushed jobs that did not reach their worker", count},
		{"payhub_partition_refused_total", "commands refused because the queue or the disk was full", count},
		{"payhub_partition_quarantined_total", "commands set aside because the engine failed on them", count},
		{"payhub_state_flush_waiting_bytes", "bytes of rows that wait in memory for the next flush", gauge},
		{"payhub_state_disk_bytes", "size of the state on disk", gauge},
	}, func() []reading {
		s, st := h.Partition.Stats(), h.Replica.Store().Stats()
		leads := 0.0
		if s.Leads {
			leads = 1
		}
		return []reading{{self, []float64{
			leads, float64(s.Queued), float64(s.QueueSize), float64(s.Commands), float64(s.Batches), float64(s.Bytes),
			float64(s.Pushes), float64(s.Yields), float64(s.Refused), float64(s.Quarantined), float64(st.LayerBytes), float64(st.DiskBytes),
		}}}
	})
}

// self labels what is about this node.
const self = "self"

// logMetrics are the figures of the node's log.
func logMetrics(log *raftlog.Log) prometheus.Collector {
	const count, gauge = prometheus.CounterValue, prometheus.GaugeValue
	return newFigures("node", nil, []figure{
		{"payhub_log_syncs_total", "writes to the log, each with its fsync", count},
		{"payhub_log_bytes_total", "bytes written to the log", count},
		{"payhub_log_disk_bytes", "size of the log's files", gauge},
	}, func() []reading {
		s := log.Stats()
		return []reading{{self, []float64{float64(s.Frames), float64(s.Bytes), float64(s.DiskBytes)}}}
	})
}

// exporterMetrics are the figures of a partition's exporters, while this node leads it.
func exporterMetrics(h *enginenode.Hosted) prometheus.Collector {
	const count, gauge = prometheus.CounterValue, prometheus.GaugeValue
	return newFigures("exporter", prometheus.Labels{"partition": strconv.Itoa(int(h.ID))}, []figure{
		{"payhub_exporter_position", "position of the last record that is surely delivered", gauge},
		{"payhub_exporter_records_total", "records handed to the exporter", count},
		{"payhub_exporter_failures_total", "failed calls of the exporter", count},
		{"payhub_exporter_lag_seconds", "age of the oldest record that is not surely delivered", gauge},
	}, func() []reading {
		var rows []reading
		for _, s := range h.Exporters() {
			lag := 0.0
			if s.Waiting > 0 {
				lag = time.Since(time.UnixMilli(s.Waiting)).Seconds()
			}
			rows = append(rows, reading{s.ID, []float64{float64(s.Flushed), float64(s.Records), float64(s.Failures), lag}})
		}
		return rows
	})
}
