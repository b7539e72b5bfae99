// Package elsewhere has no place in the house.
package elsewhere // offends: imports
