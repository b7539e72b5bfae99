package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// joinPartition answers POST /actuator/cluster/brokers/{broker}/partitions/{part}?dryRun. The new
// replica has the lowest priority; a priority in the body, as Zeebe takes one, is refused.
func joinPartition(_ *server, c Cluster, r *http.Request) (int, any, error) {
	replica, dryRun, err := replicaOf(r)
	if err != nil {
		return 0, nil, err
	}
	return changed(c, r, node.Wish{Join: &replica}, dryRun)
}

// replicaOf reads a request about a partition on a broker.
func replicaOf(r *http.Request) (replica node.Replica, dryRun bool, err error) {
	if err = readBody(r, &struct{}{}); err != nil {
		return replica, false, err
	}
	if replica.Node, err = pathNumber(r, "broker"); err != nil {
		return replica, false, err
	}
	if replica.Partition, err = pathNumber(r, "part"); err != nil {
		return replica, false, err
	}
	dryRun, err = flag(r, "dryRun")
	return replica, dryRun, err
}
