package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// replaceBroker answers POST /actuator/cluster/replace?dryRun with the body {node, by}, which Zeebe has
// not: the new node gets just what the old one has.
func replaceBroker(_ *server, c Cluster, r *http.Request) (int, any, error) {
	var replace node.Replace
	if err := readBody(r, &replace); err != nil {
		return 0, nil, err
	}
	dryRun, err := flag(r, "dryRun")
	if err != nil {
		return 0, nil, err
	}
	return changed(c, r, node.Wish{Replace: &replace}, dryRun)
}
