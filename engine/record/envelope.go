package record

import "encoding/json"

// Envelope is a record as exporters write it: the JSON that consumers of Zeebe's exporters read.
type Envelope struct {
	PartitionID          int32           `json:"partitionId"`
	Value                Value           `json:"value"`
	Key                  int64           `json:"key"`
	Position             int64           `json:"position"`
	Timestamp            int64           `json:"timestamp"`
	ValueType            string          `json:"valueType"`
	Intent               string          `json:"intent"`
	RecordType           string          `json:"recordType"`
	RejectionType        string          `json:"rejectionType"`
	RejectionReason      string          `json:"rejectionReason"`
	SourceRecordPosition int64           `json:"sourceRecordPosition"`
	BrokerVersion        string          `json:"brokerVersion"`
	RecordVersion        int32           `json:"recordVersion"`
	Authorizations       json.RawMessage `json:"authorizations"`
	OperationReference   int64           `json:"operationReference"`
}

// NewEnvelope wraps a record of a partition; version is what goes into brokerVersion.
func NewEnvelope(r *Record, partition int32, version string) Envelope {
	e := Envelope{
		PartitionID: partition, Value: r.Value, Key: r.Key, Position: r.Position, Timestamp: r.Timestamp,
		ValueType: r.ValueType.String(), Intent: r.IntentName(), RecordType: r.Type.String(),
		RejectionType: "NULL_VAL", RejectionReason: r.RejectionReason, SourceRecordPosition: r.SourcePosition,
		BrokerVersion: version, RecordVersion: 1, Authorizations: json.RawMessage(`{"authorized_tenants":["<default>"]}`),
		OperationReference: -1,
	}
	if r.IsRejection() {
		e.RejectionType = r.RejectionType.String()
	}
	if r.OperationReference != 0 {
		e.OperationReference = int64(r.OperationReference)
	}
	return e
}
