package backup

import "fmt"

// Fault is what kind of refusal a refusal is.
type Fault string

// The faults of requests.
const (
	// Invalid: the request is wrong, or backups are not configured.
	Invalid Fault = "invalid"
	// Conflict: what there is already excludes it.
	Conflict Fault = "conflict"
	// Unknown: there is no such backup.
	Unknown Fault = "unknown"
	// Unavailable: nobody who could carry it out was reached, or the store does not answer.
	Unavailable Fault = "unavailable"
)

// RefusedError is why a request was not taken.
type RefusedError struct {
	Fault Fault  `json:"fault"`
	Text  string `json:"text"`
}

// Error is the text.
func (e *RefusedError) Error() string { return e.Text }

// Refuse makes a refusal.
func Refuse(fault Fault, format string, values ...any) *RefusedError {
	return &RefusedError{fault, fmt.Sprintf(format, values...)}
}
