//go:build !linux

package badinput_test

import (
	"errors"
	"testing"
)

var errNoDisk = errors.New("not on this system")

func mount(string, int64) error { return errNoDisk }

func unmount(string) error { return nil }

func fill(t *testing.T, _ string, _ int64) string {
	t.Helper()
	t.Fatal(errNoDisk)
	return ""
}
