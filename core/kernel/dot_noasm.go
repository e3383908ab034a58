//go:build purego || !(amd64 || (wasm && go1.27))

package kernel

func dot(x, y []float32) float32 { return dotGeneric(x, y) }

func matVec(dst, w, x []float32) { matVecGeneric(dst, w, x) }
