// Package backup keeps copies of a whole cluster outside of it: where they lie, what is in them, and
// how an empty cluster begins with one.
//
// A backup has a number. Its partitions are copied by whoever leads them, at the same checkpoint, so
// that together they are a consistent cut. In the store:
//
//	<number>/cluster.json             what the backup is of; written first
//	<number>/<partition>/data/…       the files of a partition, in parts
//	<number>/<partition>/manifest.json  its files with their checksums; written last: with it the partition is complete
//	<number>/<partition>/failed.json  why there will be no manifest
//
// Nothing in the store says that a whole backup is complete: that follows from its partitions.
package backup
