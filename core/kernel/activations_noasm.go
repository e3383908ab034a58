//go:build purego || !(wasm && go1.27)

package kernel

func differences(dst, q []int16) { differencesGeneric(dst, q) }

func quantizeFor8(q []int16, blocks []BlockScale, x []float32) { quantizeFor8Generic(q, blocks, x) }

func quantizeFor4(q []int16, blocks []BlockScale, x []float32) { quantizeFor4Generic(q, blocks, x) }
