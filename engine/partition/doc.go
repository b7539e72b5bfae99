// Package partition runs one partition: a single goroutine owns the engine's pure core, takes
// commands from a bounded queue, lets the core decide them in batches, replicates each batch, and
// answers after it is committed.
package partition
