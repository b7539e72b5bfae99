package record

// ValueType names what a record's value is. Numbers below 1000 are Zeebe's (protocol.xml);
// those from 1000 on are payhub's own and appear in exports of Zeebe's shape only on demand.
type ValueType uint16

// The value types in use.
const (
	JobValue                           ValueType = 0
	DeploymentValue                    ValueType = 4
	ProcessInstanceValue               ValueType = 5
	IncidentValue                      ValueType = 6
	MessageValue                       ValueType = 10
	MessageSubscriptionValue           ValueType = 11
	ProcessMessageSubscriptionValue    ValueType = 12
	JobBatchValue                      ValueType = 14
	TimerValue                         ValueType = 15
	MessageStartEventSubscriptionValue ValueType = 16
	VariableValue                      ValueType = 17
	VariableDocumentValue              ValueType = 18
	ProcessInstanceCreationValue       ValueType = 19
	ErrorValue                         ValueType = 20
	ProcessInstanceResultValue         ValueType = 21
	ProcessValue                       ValueType = 22
	ProcessEventValue                  ValueType = 24
	CommandDistributionValue           ValueType = 33

	// CreatedOnceValue is the life of an idempotency key.
	CreatedOnceValue ValueType = 1000
	// VariablesValue packs what would be one VARIABLE record per variable; see Expand.
	VariablesValue ValueType = 1001
	// ExporterValue holds positions that exporters have acknowledged.
	ExporterValue ValueType = 1002
	// MessageOutcomeValue answers a publish with what became of the message.
	MessageOutcomeValue ValueType = 1003
	// DeliveryValue is mail between partitions.
	DeliveryValue ValueType = 1004
	// ClusterConfigurationValue says which nodes hold which partitions.
	ClusterConfigurationValue ValueType = 1005
	// CheckpointValue marks where the state is kept for a backup.
	CheckpointValue ValueType = 1006
	// RoutingValue says how many partitions there are.
	RoutingValue ValueType = 1007
)

// valueKind is everything the package knows of a value type.
type valueKind struct {
	valueType ValueType
	name      string
	intents   []string
	make      func() Value
}

var valueKinds = [...]valueKind{
	{JobValue, "JOB", jobIntents, func() Value { return &Job{} }},
	{DeploymentValue, "DEPLOYMENT", deploymentIntents, func() Value { return &Deployment{} }},
	{ProcessInstanceValue, "PROCESS_INSTANCE", processInstanceIntents, func() Value { return &ProcessInstance{} }},
	{IncidentValue, "INCIDENT", incidentIntents, func() Value { return &Incident{} }},
	{MessageValue, "MESSAGE", messageIntents, func() Value { return &Message{} }},
	{MessageSubscriptionValue, "MESSAGE_SUBSCRIPTION", messageSubscriptionIntents, func() Value { return &MessageSubscription{} }},
	{ProcessMessageSubscriptionValue, "PROCESS_MESSAGE_SUBSCRIPTION", processMessageSubscriptionIntents, func() Value { return &ProcessMessageSubscription{} }},
	{JobBatchValue, "JOB_BATCH", jobBatchIntents, func() Value { return &JobBatch{} }},
	{TimerValue, "TIMER", timerIntents, func() Value { return &Timer{} }},
	{MessageStartEventSubscriptionValue, "MESSAGE_START_EVENT_SUBSCRIPTION", messageStartEventSubscriptionIntents, func() Value { return &MessageStartEventSubscription{} }},
	{VariableValue, "VARIABLE", variableIntents, func() Value { return &Variable{} }},
	{VariableDocumentValue, "VARIABLE_DOCUMENT", variableDocumentIntents, func() Value { return &VariableDocument{} }},
	{ProcessInstanceCreationValue, "PROCESS_INSTANCE_CREATION", processInstanceCreationIntents, func() Value { return &ProcessInstanceCreation{} }},
	{ErrorValue, "ERROR", errorIntents, func() Value { return &Error{} }},
	{ProcessInstanceResultValue, "PROCESS_INSTANCE_RESULT", processInstanceResultIntents, func() Value { return &ProcessInstanceResult{} }},
	{ProcessValue, "PROCESS", processIntents, func() Value { return &Process{} }},
	{ProcessEventValue, "PROCESS_EVENT", processEventIntents, func() Value { return &ProcessEvent{} }},
	{CommandDistributionValue, "COMMAND_DISTRIBUTION", commandDistributionIntents, func() Value { return &CommandDistribution{} }},
	{CreatedOnceValue, "CREATED_ONCE", createdOnceIntents, func() Value { return &CreatedOnce{} }},
	{VariablesValue, "VARIABLES", variableIntents, func() Value { return &Variables{} }},
	{ExporterValue, "EXPORTER", exporterIntents, func() Value { return &Exporter{} }},
	{MessageOutcomeValue, "MESSAGE_OUTCOME", messageOutcomeIntents, func() Value { return &MessageOutcome{} }},
	{DeliveryValue, "DELIVERY", deliveryIntents, func() Value { return &Delivery{} }},
	{ClusterConfigurationValue, "CLUSTER_CONFIGURATION", clusterConfigurationIntents, func() Value { return &ClusterConfiguration{} }},
	{CheckpointValue, "CHECKPOINT", checkpointIntents, func() Value { return &Checkpoint{} }},
	{RoutingValue, "ROUTING", routingIntents, func() Value { return &Routing{} }},
}

// kindOf finds what is known of a value type. The few types from 1000 on share the table's end.
func kindOf(t ValueType) *valueKind {
	for i := range valueKinds {
		if valueKinds[i].valueType == t {
			return &valueKinds[i]
		}
	}
	return nil
}

// String gives the value type's name, Zeebe's for those that are Zeebe's.
func (t ValueType) String() string {
	if k := kindOf(t); k != nil {
		return k.name
	}
	return "UNKNOWN"
}

// NewValue makes an empty value of a type; nil for a type that is not known here.
func NewValue(t ValueType) Value {
	if k := kindOf(t); k != nil {
		return k.make()
	}
	return nil
}

// ValueTypes lists every known value type in ascending order.
func ValueTypes() []ValueType {
	types := make([]ValueType, 0, len(valueKinds))
	for i := range valueKinds {
		types = append(types, valueKinds[i].valueType)
	}
	return types
}

// IntentName gives the name of an intent of this value type, as Zeebe writes it.
func (t ValueType) IntentName(i Intent) string {
	if k := kindOf(t); k != nil && int(i) < len(k.intents) {
		return k.intents[i]
	}
	return "UNKNOWN"
}

// IntentNamed finds an intent of this value type by its name.
func (t ValueType) IntentNamed(name string) (Intent, bool) {
	if k := kindOf(t); k != nil {
		for i, n := range k.intents {
			if n == name {
				return Intent(i), true
			}
		}
	}
	return 0, false
}

// Intent says what is to happen or has happened to a value; the numbers count per value type
// and are Zeebe's.
type Intent uint8

// IntentName gives the name of the record's intent.
func (r *Record) IntentName() string { return r.ValueType.IntentName(r.Intent) }
