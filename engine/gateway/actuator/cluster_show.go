package actuator

import "net/http"

// showCluster answers GET /actuator/cluster.
func showCluster(_ *server, c Cluster, r *http.Request) (int, any, error) {
	s, err := c.Status(r.Context())
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, topologyOf(s), nil
}
