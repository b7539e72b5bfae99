package tidy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// layer is one row of the house table: a package, with the packages below it, and the packages
// of the module that it may import. An entry stands for that package and those below it.
type layer struct {
	path   string
	allows []string
}

// everything in a row allows every import.
const everything = "*"

// layers is the house table (docs/ARCHITECTURE.md). Imports point downwards only. The row with
// the longest path that covers a package counts.
var layers = []layer{
	{"engine/record", nil},
	{"engine/feel", nil},
	{"engine/gatewaypb", nil},
	{"engine/enginepb", nil},
	{"engine/nodepb", nil},
	{"engine/bpmn", []string{"engine/feel"}},
	{"engine/dmn", []string{"engine/feel"}},
	{"engine/state", []string{"engine/record", "engine/bpmn"}},
	{"engine/apply", []string{"engine/record", "engine/state", "engine/bpmn"}},
	{"engine/step", []string{"engine/record", "engine/state", "engine/apply", "engine/bpmn", "engine/feel"}},
	{"engine/element", []string{"engine/step", "engine/record", "engine/bpmn", "engine/feel", "engine/dmn", "engine/state"}},
	{"engine/process", []string{"engine/element", "engine/step", "engine/record", "engine/bpmn", "engine/feel", "engine/dmn", "engine/state"}},
	{"engine/core", []string{"engine/process", "engine/apply", "engine/step", "engine/state", "engine/record"}},
	{"engine/coretest", []string{"engine"}},
	{"engine/delivery", []string{"engine/record"}},
	{"engine/sim", []string{"engine/core", "engine/state", "engine/record", "engine/delivery", "engine/export", "engine/cluster/placement"}},
	{"engine/sim/check", []string{"engine/record"}},
	{"engine/sim/workload", []string{"engine/record", "engine/sim/check", "flows", "flows/contract"}},
	{"engine/export", []string{"engine/record"}},
	{"engine/partition", []string{"engine/core", "engine/export", "engine/record", "engine/state"}},
	{"engine/storage", []string{"engine/record", "engine/state"}},
	{"engine/raftlog", []string{"engine/partition", "engine/storage", "engine/record", "engine/state"}},
	{"engine/cluster/link", []string{"internal/certificate"}},
	{"engine/cluster/gossip", nil},
	{"engine/cluster/placement", nil},
	{"engine/cluster", []string{"engine/partition", "engine/record", "engine/delivery", "engine/nodepb"}},
	{"engine/backup", []string{"engine/raftlog", "engine/cluster/placement"}},
	{"engine/node", []string{
		"engine/backup", "engine/cluster", "engine/raftlog", "engine/storage", "engine/partition", "engine/export", "engine/core",
		"engine/state", "engine/record", "engine/delivery", "engine/nodepb", "internal/certificate",
	}},
	{"engine/gateway/actuator", []string{"engine/backup", "engine/node", "engine/cluster/placement"}},
	{"engine/gateway", []string{"engine/cluster", "engine/record", "engine/gatewaypb", "engine/enginepb", "internal/certificate"}},
	{"exporter", []string{"engine/export", "engine/record"}},
	{"exporter/opsstore", []string{"engine/export", "engine/record", "hub/ops"}},
	{"connectors/sdk", []string{"engine/gatewaypb", "engine/enginepb"}},
	{"connectors/sdktest", []string{"connectors/sdk", "engine/gatewaypb", "engine/enginepb"}},
	{"connectors", []string{"connectors/sdk", "flows"}},
	{"flows/contract", nil},
	{"flows", []string{"flows/contract"}},
	{"adapters", []string{"connectors/sdk", "flows/contract"}},
	{"hub/api", []string{"hub", "flows", "connectors/sdk"}},
	{"hub/inbox", []string{"connectors/sdk", "flows/contract"}},
	{"hub/sim", []string{"flows/contract", "adapters"}},
	{"hub", []string{"flows/contract"}},
	{"internal/certificate", nil},
	{"internal/config", nil},
	{"internal/tidy", nil},
	{"cmd", []string{everything}},
	{"test", []string{everything}},
}

// layerOf finds the row of a package.
func layerOf(path string) (row layer, ok bool) {
	for _, l := range layers {
		if within(path, l.path) && len(l.path) >= len(row.path) {
			row, ok = l, true
		}
	}
	return row, ok
}

// checkImports refuses an import that the table does not allow.
func checkImports(h *House) (found []Offence) {
	for _, p := range h.Packages {
		row, ok := layerOf(p.Path)
		if !ok {
			found = append(found, Offence{
				Where: p.Path, Name: p.Path,
				What: "is not in the house table: put the code where it belongs, or add a row to internal/tidy/layers.go and docs/ARCHITECTURE.md with an ADR",
			})
			continue
		}
		for _, f := range p.Files {
			for _, spec := range f.Syntax.Imports {
				path, _ := strconv.Unquote(spec.Path.Value)
				target, inside := strings.CutPrefix(path, module+"/")
				if !inside || within(target, row.path) || row.permits(target) {
					continue
				}
				found = append(found, Offence{
					Where: h.at(spec.Pos()), Name: p.Path + " -> " + target,
					What: fmt.Sprintf("%s may not import %s (it may: %s): take what is needed as an interface or a value", p.Path, target, strings.Join(row.allows, ", ")),
				})
			}
		}
	}
	return found
}

// permits tells whether the row allows an import of a package.
func (l layer) permits(target string) bool {
	return slices.ContainsFunc(l.allows, func(allowed string) bool {
		return allowed == everything || within(target, allowed)
	})
}

// cgoHome is the only package that may call C.
const cgoHome = "engine/storage"

// checkCgo refuses C outside of the storage: everything else builds and runs without a compiler.
func checkCgo(h *House) (found []Offence) {
	for _, p := range h.Packages {
		if within(p.Path, cgoHome) {
			continue
		}
		for _, f := range p.Files {
			for _, spec := range f.Syntax.Imports {
				path, _ := strconv.Unquote(spec.Path.Value)
				if path == "C" || strings.HasPrefix(path, "github.com/linxGnu/grocksdb") || path == "github.com/mattn/go-sqlite3" {
					found = append(found, Offence{
						Where: h.at(spec.Pos()), Name: p.Path,
						What: fmt.Sprintf("imports %q: only %s may use cgo", path, cgoHome),
					})
				}
			}
		}
	}
	return found
}
