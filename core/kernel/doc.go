// Package kernel holds the loops that a decoder spends its time in: dot
// products, matrix times vector and matrix times matrix over float32 and over
// packed int8 and int4 blocks, normalisation, softmax, rotary embedding, and the
// two halves of attention.
//
// Every operation has a plain Go form (the ...Generic functions), which is the
// reference, and where it pays a twin in WebAssembly SIMD (*_wasm.s, written by
// the generator in _gen). The twins give the same bits: the generic code adds in
// the order of the SIMD lanes, and no product is fused into a sum. On amd64 the
// float32 dot product goes through github.com/viterin/vek (AVX2 and FMA), which
// is held to an error bound instead; the purego tag switches every twin off.
//
// Lengths are checked by the exported functions, which panic on a mismatch: that
// is a mistake of the caller, never of a file or a user.
package kernel

//go:generate go run ./_gen
