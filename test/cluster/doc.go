// Package cluster tests clusters of real payhub processes from outside: how they form, whom they let in, what they do with
// wrong settings and hostile neighbours, and that clients find every partition at every node. What harms a cluster that is set
// up rightly (kills, frozen nodes, cut networks, lost disks) is tested by test/chaos.
//
// PAYHUB_BIN names a program to test; else one is built.
package cluster
