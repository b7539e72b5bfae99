package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// exporterAcknowledge keeps how far an exporter has come; it never goes back.
func exporterAcknowledge(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Exporter)
	stale := false
	s.View.Exporters(func(known *record.Exporter) bool {
		stale = stale || known.ExporterID == v.ExporterID && known.Position > v.Position
		return true
	})
	if !stale {
		s.Emit(-1, record.ExporterAcknowledged, v)
	}
	s.Respond(-1, record.ExporterAcknowledged, v)
}
