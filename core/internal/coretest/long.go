package coretest

import "testing"

// SkipLong skips, under -short, a test that takes many seconds as plain WebAssembly and
// whose subject (workers, windows, memory) is above the kernels, so that the other modes
// show as much.
func SkipLong(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long; not with -short")
	}
}
