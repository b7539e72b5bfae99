package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// addBroker answers POST /actuator/cluster/brokers/{broker}?dryRun.
func addBroker(_ *server, c Cluster, r *http.Request) (int, any, error) {
	id, err := pathNumber(r, "broker")
	if err != nil {
		return 0, nil, err
	}
	dryRun, err := flag(r, "dryRun")
	if err != nil {
		return 0, nil, err
	}
	return changed(c, r, node.Wish{Scale: &node.Scale{Add: []int32{id}}}, dryRun)
}
