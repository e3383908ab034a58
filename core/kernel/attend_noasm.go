//go:build purego || !(wasm && go1.27)

package kernel

func scores(dst, q, k []float32, scale float32) { scoresGeneric(dst, q, k, scale) }

func mix(dst, w, v []float32) { mixGeneric(dst, w, v) }
