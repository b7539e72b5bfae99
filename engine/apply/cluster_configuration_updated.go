package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// clusterConfigurationUpdated keeps the cluster's configuration.
func clusterConfigurationUpdated(t *state.Tables, r *record.Record) {
	t.PutConfiguration(r.Value.(*record.ClusterConfiguration))
}
