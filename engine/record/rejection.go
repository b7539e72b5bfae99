package record

// RejectionType is the class of a refusal; the numbers are Zeebe's.
type RejectionType uint8

// The rejection types.
const (
	InvalidArgument RejectionType = iota
	NotFound
	AlreadyExists
	InvalidState
	ProcessingError
	ExceededBatchRecordSize
	Unauthorized
	Forbidden
)

var rejectionNames = [...]string{
	"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "INVALID_STATE", "PROCESSING_ERROR",
	"EXCEEDED_BATCH_RECORD_SIZE", "UNAUTHORIZED", "FORBIDDEN",
}

// String gives Zeebe's name of the rejection type.
func (r RejectionType) String() string {
	if int(r) < len(rejectionNames) {
		return rejectionNames[r]
	}
	return "UNKNOWN"
}
