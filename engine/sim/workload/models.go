package workload

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/payhub/payhub/flows"

	"github.com/payhub/payhub/engine/record"
)

//go:embed models/*.bpmn
var models embed.FS

// The processes of models, by file.
const (
	timersProcess    = "sim-timers"
	messagesProcess  = "sim-messages"
	startedProcess   = "sim-started"
	raceProcess      = "sim-race"
	gatewaysProcess  = "sim-gateways"
	incidentsProcess = "sim-incidents"
	waitsProcess     = "sim-waits"
	resultProcess    = "sim-result"
)

// deployment is everything that the tasks need. A version from 1 on makes new versions of the processes that may change
// under load: the same model with a remark.
func deployment(version int) *record.Deployment {
	d := &record.Deployment{TenantID: record.DefaultTenant}
	if version == 0 {
		for _, f := range flows.Catalogue() {
			d.Resources = append(d.Resources, record.DeploymentResource{ResourceName: f.File, Resource: f.BPMN()})
		}
	}
	entries, err := fs.ReadDir(models, "models")
	if err != nil {
		panic(fmt.Sprintf("workload: the embedded models: %v", err)) // they are there, or the package does not build
	}
	for _, entry := range entries {
		if version > 0 && entry.Name() == "clock.bpmn" {
			continue // its timers would begin again
		}
		content, err := models.ReadFile("models/" + entry.Name())
		if err != nil {
			panic(fmt.Sprintf("workload: the embedded model %s: %v", entry.Name(), err))
		}
		if version > 0 {
			content = append(content[:len(content):len(content)], fmt.Sprintf("<!-- version %d -->\n", version)...)
		}
		d.Resources = append(d.Resources, record.DeploymentResource{ResourceName: entry.Name(), Resource: content})
	}
	return d
}
