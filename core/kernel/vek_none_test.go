//go:build purego || !amd64

package kernel

func vekActive() bool { return false }
