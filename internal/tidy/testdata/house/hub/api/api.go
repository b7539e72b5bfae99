// Package api holds money as floats.
package api

import (
	_ "github.com/payhub/payhub/engine/record" // offends: imports
)

// Transfer is a payment.
type Transfer struct {
	Amount   float64   // offends: money
	Fees     []float32 // offends: money
	Duration float64
}

// Pay has a float parameter.
func Pay(balance *float64) {} // offends: money
