package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// exporterAcknowledged keeps how far an exporter has come.
func exporterAcknowledged(t *state.Tables, r *record.Record) {
	t.PutExporter(r.Value.(*record.Exporter))
}
