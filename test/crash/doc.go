// Package crash proves that payhub keeps its word over kill -9.
//
// Its tests run the real program on a folder of its own, have several clients make payments over HTTP, kill it with SIGKILL at
// random moments and at chosen ones, start it again on the same folder and go on. Every request and every answer is written
// down by the test; at the end a checker of its own reads that record, the ledgers' SQLite files and the API, and says what
// does not fit: a payment that was acknowledged and is gone, one that does not end, money that moved twice or is still held, a
// key that was answered in two ways, a hole in the operations store (invariants I2, I3, I7 and I12).
//
// Environment: CRASH_KILLS is the number of kills (12), CRASH_SEED repeats the choices of a run (it is printed), CRASH_KEEP
// names a folder that keeps the data, the record and the program's log. PAYHUB_BIN names a built payhub.
package crash
