// Package feel is the expression language of the engine: FEEL (DMN 1.3–1.5, chapter 10) in the dialect that Camunda 8
// evaluates (feel-scala 1.19).
//
// An expression goes one way: scan → parse the whole grammar → compile to closures → evaluate. Everything up to the
// closures happens once, when a model is deployed; evaluation reads variables from a [Scope], counts its steps against
// a budget and allocates nothing for the usual conditions.
//
// The package is pure: the time is [Env].Now, the zone [Env].Zone, and randomness advances [Env].Seed, so that the same
// inputs give the same result on every machine. Wrong types and missing variables are no errors in FEEL: they give null
// and a [Warning]. An error is returned only for what the model author must not ignore: a failed assert() and a
// budget that ran out.
package feel
