// Package oracle compares the engine with a real Zeebe: it runs scenarios of engine/coretest against Zeebe's own engine
// in memory and records the traces that the engine's tests then compare with, so that those tests need no Zeebe.
//
// The Zeebe engine is not part of the project: a program that serves Zeebe's gateway on one port and a control endpoint
// (GET /records?from=N, POST /clock?ms=N, POST /idle?ms=N) on another is started from the path in the environment
// variable PAYHUB_ORACLE, by default ../shared/oracle/run beside the repository. Without it the tests of this package
// are skipped and say so.
package oracle
