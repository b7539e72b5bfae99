// Package sdktest tests connectors: a job gateway in memory ([Gateway]) that speaks the real protocol, and the
// contract that every handler must keep ([Contract]).
package sdktest
