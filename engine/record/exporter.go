package record

// The intents of an Exporter.
const (
	ExporterAcknowledge Intent = iota
	ExporterAcknowledged
)

var exporterIntents = []string{"ACKNOWLEDGE", "ACKNOWLEDGED"}

// Exporter holds how far an exporter has come, and what it wants to remember with that.
type Exporter struct {
	ExporterID string `json:"exporterId"`
	Position   int64  `json:"position"` // of the last record it has surely delivered
	Index      uint64 `json:"index"`    // of the log entry that holds it
	Metadata   []byte `json:"metadata"`
}

// ValueType implements Value.
func (*Exporter) ValueType() ValueType { return ExporterValue }

// Fields implements Value.
func (v *Exporter) Fields(c *Codec) {
	c.String(&v.ExporterID)
	c.Int(&v.Position)
	c.Uint(&v.Index)
	c.Blob(&v.Metadata)
}
