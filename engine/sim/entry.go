package sim

import (
	"fmt"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// serverID names a node in one life of its disk: a disk that was lost makes a new generation, which is somebody else.
type serverID struct{ node, generation int }

func (id serverID) String() string { return fmt.Sprintf("%d-%d", id.node, id.generation) }

// none is nobody.
var none = serverID{-1, 0}

// member takes part in a partition's replication; only voters count.
type member struct {
	id    serverID
	voter bool
}

// configuration is who the members are. It counts as soon as it is in the log.
type configuration struct {
	index   uint64
	members []member
}

func (c *configuration) find(id serverID) (member, bool) {
	i := slices.IndexFunc(c.members, func(m member) bool { return m.id == id })
	if i < 0 {
		return member{}, false
	}
	return c.members[i], true
}

func (c *configuration) voter(id serverID) bool {
	m, ok := c.find(id)
	return ok && m.voter
}

// majority is how many voters decide.
func (c *configuration) majority() int {
	voters := 0
	for _, m := range c.members {
		if m.voter {
			voters++
		}
	}
	return voters/2 + 1
}

// entry is one entry of a partition's log. It never changes, and replicas share it.
type entry struct {
	index, term uint64
	decided     uint64 // the term the batch was decided in
	bytes       []byte // the coded batch; nil in a barrier and a configuration
	config      *configuration
	leader      int
	clock, real int64

	rows  []record.Row // decoded, once for all replicas: decoding is checked by comparing with the leader's own rows
	batch *record.Batch
}

// decodedRows are the rows as a follower reads them.
func (e *entry) decodedRows() ([]record.Row, error) {
	if e.rows == nil {
		rows, err := record.DecodeRows(e.bytes)
		if err != nil {
			return nil, err
		}
		e.rows = rows
	}
	return e.rows, nil
}

// decodedBatch is the batch as an exporter reads it.
func (e *entry) decodedBatch() (*record.Batch, error) {
	if e.batch == nil {
		b, err := record.DecodeBatch(e.bytes)
		if err != nil {
			return nil, err
		}
		e.batch = b
	}
	return e.batch, nil
}
