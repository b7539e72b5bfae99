// Package process decides about commands, one file per command: what it means in the state at
// hand, or why it is refused.
package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// processor decides about one command.
type processor func(s *step.Step, command *record.Record)

// own is where the value types of our own, from 1000 on, stand in the table.
const own = 64

// processors is the index of everything that can be asked of a partition.
var processors = [own + 8][24]processor{
	record.DeploymentValue: {
		record.DeploymentCreate:     deploymentCreate,
		record.DeploymentDistribute: deploymentDistribute,
	},
	record.CommandDistributionValue: {record.CommandDistributionAcknowledge: commandDistributionAcknowledge},
	record.ProcessInstanceCreationValue: {
		record.ProcessInstanceCreationCreate:                   processInstanceCreate,
		record.ProcessInstanceCreationCreateWithAwaitingResult: processInstanceCreateWithAwaitingResult,
	},
	record.ProcessInstanceValue: {
		record.ProcessInstanceCancel: processInstanceCancel,
		record.ActivateElement:       elementActivate,
		record.CompleteElement:       elementComplete,
		record.TerminateElement:      elementTerminate,
	},
	record.JobValue: {
		record.JobComplete:          jobComplete,
		record.JobFail:              jobFail,
		record.JobThrowError:        jobThrowError,
		record.JobTimeOut:           jobTimeOut,
		record.JobUpdateRetries:     jobUpdateRetries,
		record.JobUpdateTimeout:     jobUpdateTimeout,
		record.JobYield:             jobYield,
		record.JobRecurAfterBackoff: jobRecurAfterBackoff,
	},
	record.JobBatchValue: {record.JobBatchActivate: jobBatchActivate},
	record.IncidentValue: {record.IncidentResolve: incidentResolve},
	record.MessageValue: {
		record.MessagePublish: messagePublish,
		record.MessageExpire:  messageExpire,
	},
	record.MessageSubscriptionValue: {
		record.MessageSubscriptionCreate:    messageSubscriptionCreate,
		record.MessageSubscriptionCorrelate: messageSubscriptionCorrelate,
		record.MessageSubscriptionReject:    messageSubscriptionReject,
		record.MessageSubscriptionDelete:    messageSubscriptionDelete,
	},
	record.ProcessMessageSubscriptionValue: {
		record.ProcessMessageSubscriptionCreate:    processMessageSubscriptionCreate,
		record.ProcessMessageSubscriptionCorrelate: processMessageSubscriptionCorrelate,
		record.ProcessMessageSubscriptionDelete:    processMessageSubscriptionDelete,
	},
	record.TimerValue:            {record.TimerTrigger: timerTrigger},
	record.VariableDocumentValue: {record.VariableDocumentUpdate: variableDocumentUpdate},
	record.CreatedOnceValue - 1000 + own: {
		record.CreatedOnceCreate: createdOnceCreate,
		record.CreatedOnceExpire: createdOnceExpire,
	},
	record.ExporterValue - 1000 + own: {record.ExporterAcknowledge: exporterAcknowledge},
	record.DeliveryValue - 1000 + own: {
		record.DeliveryReceive:     deliveryReceive,
		record.DeliveryAcknowledge: deliveryAcknowledge,
	},
	record.ClusterConfigurationValue - 1000 + own: {record.ClusterConfigurationUpdate: clusterConfigurationUpdate},
	record.CheckpointValue - 1000 + own:           {record.CheckpointCreate: checkpointCreate},
	record.RoutingValue - 1000 + own: {
		record.RoutingUpdate:     routingUpdate,
		record.RoutingDistribute: routingDistribute,
	},
}

// Command decides about a command; one that nobody knows is refused.
func Command(s *step.Step, command *record.Record) {
	slot := int(command.ValueType)
	if slot >= 1000 {
		slot -= 1000 - own
	}
	if slot < len(processors) && int(command.Intent) < len(processors[slot]) {
		if p := processors[slot][command.Intent]; p != nil {
			p(s, command)
			return
		}
	}
	s.Reject(command, record.InvalidArgument, "Expected a command that this version knows, but got %s %s",
		command.ValueType, command.IntentName())
}
