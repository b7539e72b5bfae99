package ops

import (
	"fmt"
	"slices"
)

// InstanceState is where a process instance stands. The numbers are those of the store.
type InstanceState uint8

// The states of an instance.
const (
	Active InstanceState = iota
	Completed
	Terminated
)

var instanceStates = []string{"ACTIVE", "COMPLETED", "TERMINATED"}

// String gives the name of the state as the API writes it.
func (s InstanceState) String() string {
	if int(s) < len(instanceStates) {
		return instanceStates[s]
	}
	return "UNKNOWN"
}

// MarshalText writes the state's name.
func (s InstanceState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the state's name.
func (s *InstanceState) UnmarshalText(text []byte) error {
	i := slices.Index(instanceStates, string(text))
	if i < 0 {
		return fmt.Errorf("operations store: %q is no state of an instance", text)
	}
	*s = InstanceState(i)
	return nil
}

// Instance is a process instance. Times are ms since the epoch, 0 means not yet.
type Instance struct {
	Key           int64         `json:"processInstanceKey,string"`
	ProcessID     string        `json:"processDefinitionId"`
	Version       int32         `json:"processDefinitionVersion"`
	DefinitionKey int64         `json:"processDefinitionKey,string"`
	ParentKey     int64         `json:"parentProcessInstanceKey,string,omitempty"`
	State         InstanceState `json:"state"`
	HasIncident   bool          `json:"hasIncident"`
	StartedAt     int64         `json:"startedAt"`
	EndedAt       int64         `json:"endedAt,omitempty"`
	Steps         []Step        `json:"steps,omitempty"`
}

// Step is one element that an instance entered.
type Step struct {
	ElementID string `json:"elementId"`
	Type      string `json:"type"`
	State     string `json:"state"` // ACTIVE, COMPLETED or TERMINATED
	EnteredAt int64  `json:"enteredAt"`
	LeftAt    int64  `json:"leftAt,omitempty"`
}

// Transfer is a payment. Amounts are decimal text. State is the truth of the ledgers, see
// flows/contract.
type Transfer struct {
	TransactionID string `json:"transactionId"`
	InstanceKey   int64  `json:"processInstanceKey,string"`
	ClientRef     string `json:"clientRefId"`
	Tenant        string `json:"tenantId"`
	PayeeTenant   string `json:"payeeTenantId"`
	Payer         string `json:"payer"` // type:id
	Payee         string `json:"payee"`
	Amount        string `json:"amount"`
	Currency      string `json:"currency"`
	State         string `json:"state"`
	Reason        string `json:"reason,omitempty"`
	StartedAt     int64  `json:"startedAt"`
	ChangedAt     int64  `json:"changedAt"`
	EndedAt       int64  `json:"endedAt,omitempty"`
	Steps         []Step `json:"steps,omitempty"`
}

// Job is an open job.
type Job struct {
	Key         int64  `json:"jobKey,string"`
	InstanceKey int64  `json:"processInstanceKey,string"`
	ProcessID   string `json:"processDefinitionId"`
	ElementID   string `json:"elementId"`
	Type        string `json:"type"`
	Worker      string `json:"worker,omitempty"` // who has it now
	Retries     int32  `json:"retries"`
	Deadline    int64  `json:"deadline,omitempty"` // end of the lease
	CreatedAt   int64  `json:"createdAt"`
	Error       string `json:"errorMessage,omitempty"` // of the last attempt
}

// Incident is a place where an instance waits, or waited, for a person.
type Incident struct {
	Key         int64  `json:"incidentKey,string"`
	InstanceKey int64  `json:"processInstanceKey,string"`
	ProcessID   string `json:"processDefinitionId"`
	ElementID   string `json:"elementId"`
	JobKey      int64  `json:"jobKey,string,omitempty"`
	ErrorType   string `json:"errorType"`
	Error       string `json:"errorMessage"`
	CreatedAt   int64  `json:"createdAt"`
	ResolvedAt  int64  `json:"resolvedAt,omitempty"`
}

// Message is a message that is kept for somebody to come.
type Message struct {
	Key            int64  `json:"messageKey,string"`
	Name           string `json:"name"`
	CorrelationKey string `json:"correlationKey"`
	MessageID      string `json:"messageId,omitempty"`
	PublishedAt    int64  `json:"publishedAt"`
	Deadline       int64  `json:"deadline"`
}
