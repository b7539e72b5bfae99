// Package chaos proves that a cluster of payhub keeps its word while it is harmed.
//
// Its tests run real nodes as processes of this machine, have clients make payments over HTTP at all of them, start instances
// that wait for times and for messages, serve jobs with workers connected to every node, and harm the cluster meanwhile: nodes
// are killed, frozen, cut off from each other, robbed of their disk or of its space. Every request and every answer is written
// down by the test; at the end a judge of its own reads that record and the ledgers' files, and says what does not fit: something
// that was acknowledged and is gone, happened twice or does not end within 60 s of the last fault, a timer that was early, money
// that moved twice or is still held. A probe writes to every partition every few milliseconds, so that the longest time without
// a committed write is known for each fault.
//
// One file is one fault, named by its id in the list of faults. README.md says how to run them and what each needs.
package chaos
