package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// leavePartition answers DELETE /actuator/cluster/brokers/{broker}/partitions/{part}?dryRun.
func leavePartition(_ *server, c Cluster, r *http.Request) (int, any, error) {
	replica, dryRun, err := replicaOf(r)
	if err != nil {
		return 0, nil, err
	}
	return changed(c, r, node.Wish{Leave: &replica}, dryRun)
}
