package step

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// Place is where a decision is made: a partition among others.
type Place struct {
	partition int32
	count     int32 // with which the cluster was formed
	view      *state.View
}

// Partition is the partition that decides.
func (p *Place) Partition() int32 { return p.partition }

// PartitionFor is the partition of a correlation key.
func (p *Place) PartitionFor(correlationKey string) int32 {
	return record.PartitionForCorrelationKey(correlationKey, p.count)
}

// Partitions is how many partitions there are. Only partition 1 gets to know of new ones.
func (p *Place) Partitions() int32 { return p.Routing().Partitions }

// Routing is how many partitions there are and over how many correlation keys are hashed.
func (p *Place) Routing() record.Routing {
	if r := p.view.Routing(); r != nil {
		return *r
	}
	return record.Routing{Partitions: p.count, MessagePartitions: p.count}
}
