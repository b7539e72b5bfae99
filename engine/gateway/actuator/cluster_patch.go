package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// clusterPatch is the body of PATCH /actuator/cluster.
type clusterPatch struct {
	Brokers struct {
		Add    []int32 `json:"add"`
		Remove []int32 `json:"remove"`
	} `json:"brokers"`
	Partitions struct {
		Count             int `json:"count"`
		ReplicationFactor int `json:"replicationFactor"`
	} `json:"partitions"`
}

// patchCluster answers PATCH /actuator/cluster?dryRun&force. As Zeebe's, force removes nodes that are
// lost without asking them; here it is a recovery, with its safeguards.
func patchCluster(_ *server, c Cluster, r *http.Request) (int, any, error) {
	var patch clusterPatch
	if err := readBody(r, &patch); err != nil {
		return 0, nil, err
	}
	dryRun, force, err := flags(r)
	if err != nil {
		return 0, nil, err
	}
	if patch.Partitions.Count < 0 || patch.Partitions.ReplicationFactor < 0 {
		return 0, nil, badRequest("there are no fewer than 0 partitions or replicas")
	}
	if force {
		if len(patch.Brokers.Add) > 0 || patch.Partitions.Count > 0 || patch.Partitions.ReplicationFactor > 0 {
			return 0, nil, badRequest("force only removes lost brokers; do the rest in a second request")
		}
		return recovered(c, r, node.Loss{Nodes: patch.Brokers.Remove}, dryRun)
	}
	return changed(c, r, node.Wish{Scale: &node.Scale{
		Add: patch.Brokers.Add, Remove: patch.Brokers.Remove, Partitions: patch.Partitions.Count, ReplicationFactor: patch.Partitions.ReplicationFactor,
	}}, dryRun)
}

// changed asks for a change; all endpoints that do answer alike.
func changed(c Cluster, r *http.Request, wish node.Wish, dryRun bool) (int, any, error) {
	planned, err := c.Change(r.Context(), wish, dryRun)
	if err != nil {
		return 0, nil, err
	}
	plan, err := planOf(planned)
	return http.StatusAccepted, plan, err
}
