package actuator

import "net/http"

// Exporter is one exporter.
type Exporter struct {
	ExporterID string `json:"exporterId"`
	Status     string `json:"status"`
}

// listExporters answers GET /actuator/exporters: those of the node's settings, which all are enabled.
func listExporters(_ *server, c Cluster, _ *http.Request) (int, any, error) {
	all := []Exporter{}
	for _, id := range c.ExporterIDs() {
		all = append(all, Exporter{id, "ENABLED"})
	}
	return http.StatusOK, all, nil
}

// changeExporter answers POST /actuator/exporters/{exporter}/{action}, which is not served: which
// exporters there are is said by the settings.
func changeExporter(*server, Cluster, *http.Request) (int, any, error) {
	return 0, nil, &notServedError{"exporters are switched on and off by the setting exporters (change it and restart the nodes one after " +
		"another; POST /actuator/exporting/pause stops all of them)"}
}
