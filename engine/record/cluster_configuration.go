package record

// The intents of a ClusterConfiguration.
const (
	ClusterConfigurationUpdate Intent = iota
	ClusterConfigurationUpdated
)

var clusterConfigurationIntents = []string{"UPDATE", "UPDATED"}

// ClusterConfiguration is the document that says which nodes hold which partitions. Partition 1
// keeps it as a compare-and-set register: an UPDATE whose Version is not the one after the
// version that is there is rejected INVALID_STATE.
type ClusterConfiguration struct {
	Version  int64  `json:"version"` // from 1
	Document []byte `json:"document"`
}

// ValueType implements Value.
func (*ClusterConfiguration) ValueType() ValueType { return ClusterConfigurationValue }

// Fields implements Value.
func (v *ClusterConfiguration) Fields(c *Codec) {
	c.Int(&v.Version)
	c.Blob(&v.Document)
}
