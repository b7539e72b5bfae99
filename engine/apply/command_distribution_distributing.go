package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// commandDistributionDistributing notes that a deployment is on its way to a partition.
func commandDistributionDistributing(t *state.Tables, r *record.Record) {
	t.InsertDistribution(r.Key, r.Value.(*record.CommandDistribution).PartitionID)
}
