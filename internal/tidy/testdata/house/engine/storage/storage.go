// Package storage may use cgo.
package storage
