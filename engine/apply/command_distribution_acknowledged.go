package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// commandDistributionAcknowledged notes that a partition knows a deployment.
func commandDistributionAcknowledged(t *state.Tables, r *record.Record) {
	t.DeleteDistribution(r.Key, r.Value.(*record.CommandDistribution).PartitionID)
}
