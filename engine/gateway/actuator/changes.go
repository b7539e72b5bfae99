package actuator

import (
	"net/http"
	"strconv"

	"github.com/payhub/payhub/engine/node"
)

// ChangeList is what is remembered of changes: the one under way and the one before it.
type ChangeList struct {
	PendingChange *PendingChange `json:"pendingChange,omitempty"`
	LastChange    *LastChange    `json:"lastChange,omitempty"`
}

// listChanges answers GET /actuator/cluster/changes.
func listChanges(_ *server, c Cluster, r *http.Request) (int, any, error) {
	s, err := c.Status(r.Context())
	if err != nil {
		return 0, nil, err
	}
	t := topologyOf(s)
	return http.StatusOK, ChangeList{t.PendingChange, t.LastChange}, nil
}

// showChange answers GET /actuator/cluster/changes/{change}.
func showChange(_ *server, c Cluster, r *http.Request) (int, any, error) {
	id, err := changeID(r)
	if err != nil {
		return 0, nil, err
	}
	s, err := c.Status(r.Context())
	if err != nil {
		return 0, nil, err
	}
	t := topologyOf(s)
	switch {
	case t.PendingChange != nil && t.PendingChange.ID == id:
		return http.StatusOK, t.PendingChange, nil
	case t.LastChange != nil && t.LastChange.ID == id:
		return http.StatusOK, t.LastChange, nil
	}
	return 0, nil, &node.RefusedError{Fault: node.FaultUnknown, Text: "change " + r.PathValue("change") + " is neither under way nor the last one"}
}

// cancelChange answers DELETE /actuator/cluster/changes/{change}; 0 is the one under way.
func cancelChange(_ *server, c Cluster, r *http.Request) (int, any, error) {
	id, err := changeID(r)
	if err != nil {
		return 0, nil, err
	}
	planned, err := c.Cancel(r.Context(), id)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, topologyOf(node.Status{Configuration: planned.Next}), nil
}

func changeID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("change"), 10, 64)
	if err != nil || id < 0 {
		return 0, badRequest("%q is no number of a change", r.PathValue("change"))
	}
	return id, nil
}
