// Package dev runs the payhub binary as a child process, on free ports and a data folder of its own, for tests that
// know nothing of payhub but its surface: command line, HTTP, gRPC, exit code and log.
package dev
