package actuator

import (
	"net/http"
	"strconv"

	"github.com/payhub/payhub/engine/node"
)

// PartitionStatus is a partition on the node that is asked, in Zeebe's words.
type PartitionStatus struct {
	Role                 string           `json:"role"`
	StreamProcessorPhase string           `json:"streamProcessorPhase"`
	ExporterPhase        string           `json:"exporterPhase"`
	ProcessedPosition    uint64           `json:"processedPosition"`
	LogIndex             uint64           `json:"logIndex"`
	Term                 uint64           `json:"term"`
	ExportedPositions    map[string]int64 `json:"exportedPositions"`
	Health               Health           `json:"health"`
}

// listPartitions answers GET /actuator/partitions: the partitions of this node by number. The processed
// position is the index of the last log entry in the state.
func listPartitions(_ *server, c Cluster, _ *http.Request) (int, any, error) {
	return http.StatusOK, partitionsOf(c), nil
}

func partitionsOf(c Cluster) map[string]PartitionStatus {
	all := map[string]PartitionStatus{}
	for _, p := range c.PartitionStatuses() {
		all[strconv.Itoa(int(p.ID))] = partitionOf(p)
	}
	return all
}

func partitionOf(p node.PartitionStatus) PartitionStatus {
	s := PartitionStatus{
		Role: "FOLLOWER", StreamProcessorPhase: "REPLAY", ExporterPhase: "CLOSED", ProcessedPosition: p.Applied,
		LogIndex: p.LastIndex, Term: p.Term, ExportedPositions: p.Exported, Health: Health{Status: up},
	}
	if p.Leads {
		s.Role, s.StreamProcessorPhase, s.ExporterPhase = "LEADER", "PROCESSING", "EXPORTING"
	}
	if p.ProcessingPaused {
		s.StreamProcessorPhase = "PAUSED"
	}
	if p.ExportingPaused {
		s.ExporterPhase = "PAUSED"
	}
	if p.Failure != "" {
		s.Health = Health{Status: down, Details: p.Failure}
	}
	return s
}

// actOnPartitions answers POST /actuator/partitions/{action}, about this node alone.
func actOnPartitions(_ *server, c Cluster, r *http.Request) (int, any, error) {
	var err error
	switch action := r.PathValue("action"); action {
	case "pauseProcessing", "resumeProcessing":
		err = c.PauseProcessing(action == "pauseProcessing")
	case "pauseExporting", "resumeExporting":
		err = c.PauseExporting(action == "pauseExporting")
	case "takeSnapshot":
		err = c.TakeSnapshots()
	case "prepareUpgrade":
		err = &notServedError{"payhub needs no preparation: stop the node, start the new version (docs/howto-operate-a-cluster.md)"}
	default:
		err = &node.RefusedError{Fault: node.FaultUnknown, Text: "there is no action " + action +
			" (there are pauseProcessing, resumeProcessing, pauseExporting, resumeExporting, takeSnapshot)"}
	}
	return http.StatusOK, partitionsOf(c), err
}
