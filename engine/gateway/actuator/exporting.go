package actuator

import (
	"net/http"

	"github.com/payhub/payhub/engine/node"
)

// setExporting answers POST /actuator/exporting/pause and /resume: at all nodes, 204 when all have done
// it. A soft pause, which goes on exporting and keeps the log, is not served.
func setExporting(_ *server, c Cluster, r *http.Request) (int, any, error) {
	soft, err := flag(r, "soft")
	if err != nil {
		return 0, nil, err
	}
	action := r.PathValue("action")
	switch {
	case action != "pause" && action != "resume":
		return 0, nil, &node.RefusedError{Fault: node.FaultUnknown, Text: "there is no action " + action + " (there are pause and resume)"}
	case soft:
		return 0, nil, &notServedError{"a soft pause is not available: a backup of payhub needs none"}
	}
	return http.StatusNoContent, nil, c.PauseExportingEverywhere(r.Context(), action == "pause")
}
