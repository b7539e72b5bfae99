package record

// IsNewWork tells whether a command begins something, rather than ending or moving on what has begun:
// an overloaded partition refuses it first.
func IsNewWork(command *Record) bool {
	switch command.ValueType {
	case ProcessInstanceCreationValue, DeploymentValue:
		return true
	case CreatedOnceValue:
		return command.Intent == CreatedOnceCreate
	case MessageValue:
		return command.Intent == MessagePublish
	}
	return false
}

// MakesRoom tells whether a command lets the log or the state shrink, so that it is decided also while
// the disk is full.
func MakesRoom(command *Record) bool {
	switch command.ValueType {
	case ExporterValue, ClusterConfigurationValue:
		return true
	case DeliveryValue:
		return command.Intent == DeliveryAcknowledge
	}
	return false
}
