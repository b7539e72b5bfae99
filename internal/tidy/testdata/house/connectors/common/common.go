// Package common says nothing.
package common // offends: names
