// Package state keeps what a partition knows, as typed tables over a small ordered key-value
// interface. Decisions read through an Overlay, which holds their own changes until the log has
// them; only appliers change tables.
//
// Every row's key starts with the byte of its table. The values are coded with record.Codec, one
// layout per table, and are never changed in place.
package state

// Reader is an ordered map from byte strings to byte strings, as of the last applied batch. It
// has no errors: a storage whose disk fails stops the process instead of answering. What it
// returns stays as it is for ever and must not be changed.
type Reader interface {
	// Get finds the value of a key.
	Get(key []byte) (value []byte, found bool)
	// Scan calls visit for every key in [from, to) in ascending order until it returns false. The
	// key is valid during the call only.
	Scan(from, to []byte, visit func(key, value []byte) bool)
}

// Table is the first byte of a row's key.
type Table byte

// The tables. Their numbers are on disk and never change meaning.
const (
	tableMeta Table = iota
	tableProcess
	tableProcessVersion
	tableProcessLatest
	tableElementInstance
	tableElementChild
	tableVariables
	tableJob
	tableJobActivatable
	tableJobDeadline
	tableJobBackoff
	tableTimer
	tableTimerDue
	tableTimerOwner
	tableMessage
	tableMessageBuffer
	tableMessageID
	tableMessageDeadline
	tableMessageCorrelated
	tableMessageSubscription
	tableMessageSubscriptionIndex
	tableProcessMessageSubscription
	tableMessageStart
	tableMessageStartDefinition
	tableMessageStartLock
	tableMessageStartInstance
	tableIncident
	tableIncidentJob
	tableIncidentElement
	tableProcessEvent
	tableTakenFlow
	tableAwaitResult
	tableCreatedOnce
	tableCreatedOnceInstance
	tableCreatedOnceExpiry
	tableExporter
	tableFollowUp
	tableOutbox
	tablePosted
	tableReceived
	tableConfiguration
	tableRouting
	tableCheckpoint
	tableDistribution
	tableMessageOutcome
	tableCount
)

// ordered lists the tables that are scanned; a storage need not keep the others in order.
var ordered = [tableCount]bool{
	tableElementChild: true, tableJobActivatable: true, tableJobDeadline: true, tableJobBackoff: true,
	tableTimerDue: true, tableTimerOwner: true, tableMessageBuffer: true, tableMessageDeadline: true,
	tableMessageCorrelated: true, tableMessageSubscriptionIndex: true, tableProcessMessageSubscription: true,
	tableMessageStart: true, tableMessageStartDefinition: true, tableTakenFlow: true,
	tableCreatedOnceExpiry: true, tableExporter: true, tableFollowUp: true, tableIncidentElement: true,
	tableProcess: true, tableOutbox: true, tablePosted: true, tableDistribution: true,
}

// Ordered tells whether the rows of a table are ever scanned.
func Ordered(table byte) bool { return int(table) < len(ordered) && ordered[table] }

// lasting lists the tables whose rows outlive process instances, messages and mail.
var lasting = [tableCount]bool{
	tableMeta: true, tableProcess: true, tableProcessVersion: true, tableProcessLatest: true, tableMessageStart: true,
	tableMessageStartDefinition: true, tableCreatedOnce: true, tableCreatedOnceInstance: true, tableCreatedOnceExpiry: true,
	tableExporter: true, tablePosted: true, tableReceived: true, tableConfiguration: true, tableRouting: true,
	tableCheckpoint: true,
}

// Lasting tells whether rows of a table outlive process instances, messages and mail: those of all
// others, except the timers of start events, must be gone once every instance has ended, every
// message has expired and every outbox is empty.
func Lasting(table byte) bool { return int(table) < len(lasting) && lasting[table] }
