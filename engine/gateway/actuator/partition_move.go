package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// movePartition answers POST /actuator/cluster/move?dryRun with the body {partition, from, to}, which
// Zeebe has not: it takes a join and a leave there.
func movePartition(_ *server, c Cluster, r *http.Request) (int, any, error) {
	var move node.Move
	if err := readBody(r, &move); err != nil {
		return 0, nil, err
	}
	dryRun, err := flag(r, "dryRun")
	if err != nil {
		return 0, nil, err
	}
	return changed(c, r, node.Wish{Move: &move}, dryRun)
}
