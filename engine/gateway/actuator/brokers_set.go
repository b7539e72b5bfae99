package actuator

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/payhub/payhub/engine/node"
)

// setBrokers answers POST /actuator/cluster/brokers?dryRun&force&replicationFactor, whose body lists all
// brokers that there shall be. With force those that are missing are lost.
func setBrokers(_ *server, c Cluster, r *http.Request) (int, any, error) {
	var ids []int32
	if err := readBody(r, &ids); err != nil {
		return 0, nil, err
	}
	if len(ids) == 0 {
		return 0, nil, badRequest("the body lists all brokers that there shall be, as in [0, 1, 2]")
	}
	dryRun, force, err := flags(r)
	if err != nil {
		return 0, nil, err
	}
	scale := &node.Scale{}
	if text := r.URL.Query().Get("replicationFactor"); text != "" {
		if scale.ReplicationFactor, err = strconv.Atoi(text); err != nil || scale.ReplicationFactor < 1 {
			return 0, nil, badRequest("replicationFactor=%s is no number of replicas", text)
		}
	}
	s, err := c.Status(r.Context())
	if err != nil {
		return 0, nil, err
	}
	for _, id := range ids {
		if _, ok := s.Configuration.Member(id); !ok && !slices.Contains(scale.Add, id) {
			scale.Add = append(scale.Add, id)
		}
	}
	for _, m := range s.Configuration.Members {
		if !slices.Contains(ids, m.Node) {
			scale.Remove = append(scale.Remove, m.Node)
		}
	}
	if force {
		if len(scale.Add) > 0 {
			return 0, nil, badRequest("force only removes lost brokers; add others in a second request")
		}
		return recovered(c, r, node.Loss{Nodes: scale.Remove}, dryRun)
	}
	return changed(c, r, node.Wish{Scale: scale}, dryRun)
}
