// Package apply turns events into changes of the state: one file per event, the only place that
// changes tables. A decision applies each event as it records it; what the appliers changed
// travels with the batch as rows, so that no other node runs them.
package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// applier changes the tables as an event says.
type applier func(t *state.Tables, r *record.Record)

// own is where the value types of our own, from 1000 on, stand in the table.
const own = 64

// appliers is the index of all state changes. An event without an applier changes nothing.
var appliers = [own + 8][24]applier{
	record.ProcessInstanceValue: {
		record.SequenceFlowTaken:  sequenceFlowTaken,
		record.ElementActivating:  elementActivating,
		record.ElementActivated:   elementActivated,
		record.ElementCompleting:  elementCompleting,
		record.ElementCompleted:   elementEnded,
		record.ElementTerminating: elementTerminating,
		record.ElementTerminated:  elementEnded,
	},
	record.JobValue: {
		record.JobCreated:              jobCreated,
		record.JobCompleted:            jobEnded,
		record.JobCanceled:             jobEnded,
		record.JobTimedOut:             jobTimedOut,
		record.JobFailed:               jobFailed,
		record.JobRetriesUpdated:       jobRetriesUpdated,
		record.JobErrorThrown:          jobErrorThrown,
		record.JobRecurredAfterBackoff: jobRecurredAfterBackoff,
		record.JobYielded:              jobYielded,
		record.JobTimeoutUpdated:       jobTimeoutUpdated,
	},
	record.JobBatchValue: {record.JobBatchActivated: jobBatchActivated},
	record.IncidentValue: {
		record.IncidentCreated:  incidentCreated,
		record.IncidentResolved: incidentResolved,
	},
	record.MessageValue: {
		record.MessagePublished: messagePublished,
		record.MessageExpired:   messageExpired,
	},
	record.MessageSubscriptionValue: {
		record.MessageSubscriptionCreated:     messageSubscriptionCreated,
		record.MessageSubscriptionCorrelating: messageSubscriptionCorrelating,
		record.MessageSubscriptionCorrelated:  messageSubscriptionCorrelated,
		record.MessageSubscriptionRejected:    messageSubscriptionRejected,
		record.MessageSubscriptionDeleted:     messageSubscriptionDeleted,
	},
	record.ProcessMessageSubscriptionValue: {
		record.ProcessMessageSubscriptionCreating:   processMessageSubscriptionCreating,
		record.ProcessMessageSubscriptionCreated:    processMessageSubscriptionCreated,
		record.ProcessMessageSubscriptionCorrelated: processMessageSubscriptionCorrelated,
		record.ProcessMessageSubscriptionDeleting:   processMessageSubscriptionDeleting,
		record.ProcessMessageSubscriptionDeleted:    processMessageSubscriptionDeleted,
	},
	record.MessageStartEventSubscriptionValue: {
		record.MessageStartEventSubscriptionCreated:    messageStartEventSubscriptionCreated,
		record.MessageStartEventSubscriptionCorrelated: messageStartEventSubscriptionCorrelated,
		record.MessageStartEventSubscriptionDeleted:    messageStartEventSubscriptionDeleted,
	},
	record.TimerValue: {
		record.TimerCreated:   timerCreated,
		record.TimerTriggered: timerEnded,
		record.TimerCanceled:  timerEnded,
	},
	record.ProcessInstanceCreationValue: {record.ProcessInstanceCreationCreated: processInstanceCreated},
	record.ProcessInstanceResultValue:   {record.ProcessInstanceResultCompleted: processInstanceResultCompleted},
	record.ProcessValue:                 {record.ProcessCreated: processCreated},
	record.ProcessEventValue: {
		record.ProcessEventTriggering: processEventTriggering,
		record.ProcessEventTriggered:  processEventTriggered,
	},
	record.CommandDistributionValue: {
		record.CommandDistributionDistributing: commandDistributionDistributing,
		record.CommandDistributionAcknowledged: commandDistributionAcknowledged,
	},
	record.CreatedOnceValue - 1000 + own: {
		record.CreatedOnceCreated: createdOnceChanged,
		record.CreatedOnceEnded:   createdOnceChanged,
		record.CreatedOnceExpired: createdOnceExpired,
	},
	record.VariablesValue - 1000 + own: {
		record.VariableCreated: variablesCreated,
		record.VariableUpdated: variablesUpdated,
	},
	record.ExporterValue - 1000 + own: {record.ExporterAcknowledged: exporterAcknowledged},
	record.MessageOutcomeValue - 1000 + own: {
		record.MessageOutcomeAwaiting:      messageOutcomeAwaiting,
		record.MessageOutcomeCorrelated:    messageOutcomeSettled,
		record.MessageOutcomeStarted:       messageOutcomeSettled,
		record.MessageOutcomeBuffered:      messageOutcomeSettled,
		record.MessageOutcomeNotCorrelated: messageOutcomeSettled,
	},
	record.DeliveryValue - 1000 + own: {
		record.DeliveryReceived:     deliveryReceived,
		record.DeliveryAcknowledged: deliveryAcknowledged,
	},
	record.ClusterConfigurationValue - 1000 + own: {record.ClusterConfigurationUpdated: clusterConfigurationUpdated},
	record.CheckpointValue - 1000 + own:           {record.CheckpointCreated: checkpointCreated},
	record.RoutingValue - 1000 + own:              {record.RoutingUpdated: routingUpdated},
}

// Event changes the tables as the event says.
func Event(t *state.Tables, r *record.Record) {
	slot := int(r.ValueType)
	if slot >= 1000 {
		slot -= 1000 - own
	}
	if a := appliers[slot][r.Intent]; a != nil {
		a(t, r)
	}
}
