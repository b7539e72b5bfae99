package raftlog

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// NodeOptions are the settings of a node; zero values take the defaults named at each field.
type NodeOptions struct {
	// ID is the node's number in the cluster.
	ID int32
	// SegmentBytes is the size of a file of the log; 32 MiB.
	SegmentBytes int64
	// MinFree is the space on the disk below which Full reports that it is full; 256 MiB.
	MinFree uint64
	// Fatal is called once with the first error of the disk; the process should end then.
	Fatal func(error)
	// Files is the file system of the log; Disk.
	Files Files
	// Logger gets raft's messages; none.
	Logger hclog.Logger
}

// Node is what the partitions of one process share: the lock on the data folder, the identity and
// the log.
type Node struct {
	opts     NodeOptions
	data     string
	lock     *os.File
	log      *Log
	identity identity

	mu       sync.Mutex
	replicas []*Replica
	quit     chan struct{}
	done     chan struct{}

	lastLook atomic.Int64 // when the free space was looked at, ns since the epoch
	lastFree atomic.Uint64
}

// identity is the file node.json. An empty disk is a new generation of the node: raft must not take
// it for the one that promised votes and holds entries.
type identity struct {
	Format     int    `json:"format"`
	Node       int32  `json:"node"`
	Generation string `json:"generation"`
}

// OpenNode locks the data folder, which is created if needed, reads or makes the node's identity,
// and opens the log. Errors: *InUseError, *DamagedError, and those of the disk.
func OpenNode(data string, o NodeOptions) (*Node, error) {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 32 << 20
	}
	if o.MinFree == 0 {
		o.MinFree = 256 << 20
	}
	if o.Fatal == nil {
		o.Fatal = func(error) {}
	}
	if o.Files == nil {
		o.Files = Disk{}
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, fmt.Errorf("raftlog: make the data folder %s: %w (name a folder that can be made and written to)", data, err)
	}
	lock, err := lockFile(data)
	if err != nil {
		return nil, err
	}
	n := &Node{opts: o, data: data, lock: lock, quit: make(chan struct{}), done: make(chan struct{})}
	if n.identity, err = readIdentity(data, o.ID); err == nil {
		n.log, err = openLog(o.Files, filepath.Join(data, "log"), o.SegmentBytes, o.Fatal)
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	n.lastFree.Store(math.MaxUint64) // until the first look
	go n.housekeep()
	return n, nil
}

func readIdentity(data string, id int32) (identity, error) {
	name := filepath.Join(data, "node.json")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if segments, _ := filepath.Glob(filepath.Join(data, "log", "*.log")); len(segments) > 0 {
			return identity{}, fmt.Errorf("raftlog: %s is missing beside a log, which belongs to the node it names (restore "+
				"the file, or move the data folder away to start as a new generation)", name)
		}
		return makeIdentity(data, name, id)
	}
	if err != nil {
		return identity{}, fmt.Errorf("raftlog: read the node's identity: %w", err)
	}
	var i identity
	if err := json.Unmarshal(text, &i); err != nil || i.Generation == "" {
		return identity{}, fmt.Errorf("raftlog: %s does not hold a node's identity (restore the file, or move the "+
			"data folder away to start as a new generation): %v", name, err)
	}
	if i.Format > dataFormat {
		return identity{}, &NewerFormatError{What: "the data folder " + data, Found: i.Format, Known: dataFormat}
	}
	if i.Node != id {
		return identity{}, fmt.Errorf("raftlog: the data folder %s belongs to node %d, but this is node %d (correct "+
			"engine.nodeId or engine.data)", data, i.Node, id)
	}
	return i, nil
}

func makeIdentity(data, name string, id int32) (identity, error) {
	i := identity{Format: dataFormat, Node: id, Generation: newGeneration()}
	text, err := json.Marshal(i)
	if err == nil {
		err = writeFile(name, text)
	}
	if err != nil {
		return identity{}, fmt.Errorf("raftlog: write the node's identity: %w", err)
	}
	return i, Disk{}.SyncDir(data)
}

// newGeneration draws the name of a disk: letters only, so that nobody takes part of it for a number
// that has to be masked.
func newGeneration() string {
	var random [12]byte
	rand.Read(random[:]) //nolint:errcheck // never fails
	for i := range random {
		random[i] = 'a' + random[i]%16
	}
	return string(random[:])
}

// writeFile replaces a file so that a crash leaves the old or the new content.
func writeFile(name string, content []byte) error {
	temp := name + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(temp, name)
}

// ServerID is the node's name in raft: its number and its generation.
func (n *Node) ServerID() raft.ServerID {
	return raft.ServerID(fmt.Sprintf("%d-%s", n.identity.Node, n.identity.Generation))
}

// Log is the node's log.
func (n *Node) Log() *Log { return n.log }

// Err is the first error of the log's disk, nil while there is none.
func (n *Node) Err() error { return n.log.Err() }

// FullError means that the disk has less space left than the watermark.
type FullError struct {
	Dir       string
	Free, Min uint64
}

// Error says how much space is left and how much is needed.
func (e *FullError) Error() string {
	return fmt.Sprintf("raftlog: the disk of %s is full: %d MiB are free, %d MiB are kept in reserve (make room; "+
		"writes go on by themselves)", e.Dir, e.Free>>20, e.Min>>20)
}

// spaceInterval is how long a look at the free space is trusted.
const spaceInterval = time.Second

// Full is a *FullError while less space than the watermark is left. Writes should be refused then,
// long before one fails. The disk is looked at once a second at most.
func (n *Node) Full(now time.Time) error {
	at, last := now.UnixNano(), n.lastLook.Load()
	if (at-last >= int64(spaceInterval) || at < last) && n.lastLook.CompareAndSwap(last, at) {
		free, err := n.opts.Files.Free(n.data)
		if err != nil {
			return err
		}
		n.lastFree.Store(free)
	}
	if free := n.lastFree.Load(); free < n.opts.MinFree {
		return &FullError{n.data, free, n.opts.MinFree}
	}
	return nil
}

// Close closes the log and lets go of the data folder. Replicas are closed before.
func (n *Node) Close() error {
	close(n.quit)
	<-n.done
	err := n.log.close()
	if e := n.lock.Close(); err == nil {
		err = e
	}
	return err
}
