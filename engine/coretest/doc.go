// Package coretest holds the scenario language of the engine's tests and what is needed to run it against any engine.
//
// A scenario file (*.scn) is a list of scenarios; a scenario is a list of steps, each one command a client could send, a
// move of the clock, or an expectation. The same file runs against every [Backend]: the pure core in memory and, through
// gRPC, a real Zeebe. A backend answers commands and shows its records in the exporters' JSON envelope; [Model] follows
// them and gives every key a readable name by first appearance, and [Trace] reduces them to what two engines must agree
// on: no keys, positions or times of day are left.
//
// The grammar, one step a line, '#' begins a comment, values are JSON, durations are Go durations (1h30m, 250ms):
//
//	scenario NAME
//	  deploy FILE [FILE…]
//	  create PROCESS [version N] [result [fetch A,B]] [{variables}]
//	  cancel INSTANCE
//	  activate TYPE [max N] [timeout D] [worker W] [fetch A,B]
//	  complete JOB [{variables}]
//	  fail JOB retries N [backoff D] [message "text"] [{variables}]
//	  throw JOB code "CODE" [message "text"] [{variables}]
//	  retries JOB N
//	  timeout JOB D
//	  publish "NAME" key "K" [ttl D] [id "ID"] [{variables}]
//	  set INSTANCE [local] {variables}
//	  resolve INSTANCE
//	  advance D
//	  expect answer|elements|flows|jobs|incidents|variables|messages|timers|all
//	      …the expected lines, indented deeper than the step; rewritten with -update
//
// INSTANCE names an element instance: the element's id and, after '#', its number by first appearance in the scenario
// (task#2); without a number it is the oldest one that is still active. JOB is the same and means the last job of that
// element instance; without a number it is the oldest job of the element that can still be completed. A job that no worker
// has is activated before it is completed, failed or given an error, except if a '!' follows its name. The word "unknown"
// stands for a key that no engine has given out.
package coretest
