package actuator

import "net/http"

// rebalance answers POST /actuator/rebalance: always 200 without a body, best effort, as Zeebe's.
func rebalance(_ *server, c Cluster, r *http.Request) (int, any, error) {
	_ = c.RebalanceAll(r.Context()) // nodes that were not reached hand back by themselves
	return http.StatusOK, nil, nil
}
