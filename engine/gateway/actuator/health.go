package actuator

import (
	"net/http"
	"strings"
)

const (
	up   = "UP"
	down = "DOWN"
)

// Health is the answer of the health endpoints; 200 for UP, 503 for DOWN.
type Health struct {
	Status     string            `json:"status"`
	Details    string            `json:"details,omitempty"`
	Components map[string]Health `json:"components,omitempty"`
}

// health answers /actuator/health and its groups. liveness is UP while the process runs; startup and
// readiness when the node is ready; status and the whole when its partitions can be used, too.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.wrongMethod(w, r, "GET", "HEAD")
		return
	}
	h := Health{Status: up, Components: map[string]Health{}}
	switch r.PathValue("group") {
	case "liveness":
	case "startup", "readiness":
		s.addNode(&h)
	case "", "status":
		s.addNode(&h)
		s.addPartitions(&h)
	default:
		problem(w, r, http.StatusNotFound, "there is no "+r.URL.Path+" (the groups are liveness, startup, readiness, status)")
		return
	}
	status := http.StatusOK
	for _, c := range h.Components {
		if c.Status == down {
			h.Status, status = down, http.StatusServiceUnavailable
		}
	}
	writeJSON(w, "application/json", status, h)
}

func (s *server) addNode(h *Health) {
	node := Health{Status: up}
	if reasons := s.NotReady(); len(reasons) > 0 {
		node = Health{Status: down, Details: strings.Join(reasons, "; ")}
	}
	h.Components["node"] = node
}

func (s *server) addPartitions(h *Health) {
	c := s.Cluster()
	if c == nil {
		return
	}
	partitions := Health{Status: up, Components: map[string]Health{}}
	if err := c.Ready(); err != nil {
		partitions.Status, partitions.Details = down, err.Error()
	}
	for id, p := range partitionsOf(c) {
		partitions.Components[id] = p.Health
		if p.Health.Status == down {
			partitions.Status = down
		}
	}
	h.Components["partitions"] = partitions
}

// prometheus answers /actuator/prometheus, another name of /metrics.
func (s *server) prometheus(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.wrongMethod(w, r, "GET", "HEAD")
		return
	}
	s.Metrics.ServeHTTP(w, r)
}
