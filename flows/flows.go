// Package flows holds the ready payment flows as BPMN files, which are their only source: open them in any Modeler.
package flows

import (
	"embed"
	"fmt"
	"io/fs"
)

// Flow is a BPMN file of the catalogue.
type Flow struct {
	ProcessID string // what an instance is created by
	Summary   string
	File      string // path within this package, e.g. local/local-transfer.bpmn
	Payment   bool   // started by the hub for a payment; else called by other flows
}

// LocalTransfer is the process id of the transfer between two tenants of one hub.
const LocalTransfer = "local-transfer"

// ResolveOutcome is the process id of the flow that asks until an unknown outcome is known. LocalTransfer calls it.
const ResolveOutcome = "resolve-outcome"

//go:embed local/*.bpmn
var files embed.FS

// Catalogue lists the flows, called ones before those that call them: the order to deploy them in.
func Catalogue() []Flow {
	return []Flow{
		{ProcessID: ResolveOutcome, File: "local/resolve-outcome.bpmn", Summary: "asks an account system what became of an operation until it is known"},
		{ProcessID: LocalTransfer, File: "local/local-transfer.bpmn", Payment: true, Summary: "transfer between two tenants of one hub: hold, credit, book"},
	}
}

// BPMN is the file's content.
func (f Flow) BPMN() []byte {
	content, err := fs.ReadFile(files, f.File)
	if err != nil {
		panic(fmt.Sprintf("flows: the catalogue names a file that is not embedded: %v", err)) // a test reads them all
	}
	return content
}

// Find is the flow of the catalogue with a process id.
func Find(processID string) (Flow, bool) {
	for _, f := range Catalogue() {
		if f.ProcessID == processID {
			return f, true
		}
	}
	return Flow{}, false
}
