// Package contract is the vocabulary that flows, connectors, account systems and the hub share: job types, message
// names, variables, the typed payload of each job, error codes, and the state of a payment as a function of what
// ledgers and schemes answered.
//
// A job of this vocabulary reads one variable, request, and answers one variable, result. The flow maps result into
// the variable of the step (hold, credit, …), so that the payment's state can be read from its root variables and
// a handler needs to know nothing about the flow it serves.
//
// Nothing here knows an account system or a scheme. Amounts are decimal strings, never floats.
package contract
