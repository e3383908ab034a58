//go:build !purego

package kernel

func vekActive() bool { return useVek }
