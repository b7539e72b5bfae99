// Package raftlog replicates the batches of partitions with hashicorp/raft.
//
// A Node is what partitions of one process share: the lock on the data folder, the node's identity
// and its log, one directory of checksummed segments in which the entries of all partitions stand
// in the order of writing, so that one fsync covers whatever gathered. A Replica is one partition's
// share: a raft instance, the state it applies entries to, and its view of the log.
//
// Three rules keep acknowledged data safe. Nothing is acknowledged before the log has it on disk.
// The first error of a write or fsync is latched: afterwards nothing is ever acknowledged, because
// the kernel may report success for data that it has dropped. The log is kept behind the index that
// the state would restart from, and behind what exporters have not acknowledged.
package raftlog
