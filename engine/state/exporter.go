package state

import "github.com/payhub/payhub/engine/record"

// Exporters calls visit with what every exporter has acknowledged, by id.
func (v *View) Exporters(visit func(*record.Exporter) bool) {
	v.scanPrefix(v.key(tableExporter), func(_, value []byte) bool {
		return visit(decode[record.Exporter](v, value))
	})
}

// PutExporter writes what an exporter has acknowledged.
func (t *Tables) PutExporter(e *record.Exporter) {
	t.overlay.put(t.key(tableExporter).text(e.ExporterID), t.overlay.encode(e))
}
