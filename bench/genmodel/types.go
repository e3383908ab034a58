package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/gander-lm/gander/core/quant"
)

// mix is which type llama-quantize gives to which matrix, without an importance
// matrix. Source: llama.cpp src/llama-quant.cpp, llama_tensor_get_type.
type mix struct {
	output quant.Type // the output matrix, which is also the embedding
	more   quant.Type // attn_v and ffn_down, where useMoreBits
	rest   quant.Type // all others
}

var mixes = map[string]mix{
	"q8_0":   {quant.Q8_0, quant.Q8_0, quant.Q8_0},
	"q4_0":   {quant.Q6_K, quant.Q4_0, quant.Q4_0},
	"q4_k_m": {quant.Q6_K, quant.Q6_K, quant.Q4_K},
}

// sensitive returns the type of a layer's attn_v and ffn_down.
func (m mix) sensitive(layer, layers int) quant.Type {
	if useMoreBits(layer, layers) {
		return m.more
	}
	return m.rest
}

// useMoreBits picks the first and the last eighth of the layers, and a third of
// the others. Source: llama-quant.cpp, use_more_bits.
func useMoreBits(layer, layers int) bool {
	return layer < layers/8 || layer >= 7*layers/8 || (layer-layers/8)%3 == 2
}

// storable returns the type that takes t's place where a row is no whole number
// of blocks. Source: llama-quant.cpp, tensor_type_fallback.
func storable(t quant.Type, cols int) quant.Type {
	switch {
	case cols%t.BlockLen == 0:
		return t
	case t.ID == quant.Q4_K.ID:
		return quant.Q5_0
	default: // Q6_K
		return quant.Q8_0
	}
}

// scale is a float16 of a block: where it is, and its value, so that weights are
// a few hundredths.
type scale struct {
	offset int // bytes
	value  float32
}

// scales are the float16s of each type's blocks (ggml-common.h); all else in a
// block may be any bits.
var scales = map[uint32][]scale{
	quant.Q8_0.ID: {{0, 4e-4}},
	quant.Q4_0.ID: {{0, 6e-3}},
	quant.Q5_0.ID: {{0, 3e-3}},
	quant.Q4_K.ID: {{0, 1.2e-4}, {2, 9e-4}}, // of 6-bit scales times 0..15, and of 6-bit minima
	quant.Q6_K.ID: {{208, 2.5e-5}},          // of 8-bit scales times -32..31
}

// blocks writes n values as blocks with random bits and scales of the right size.
func blocks(out io.Writer, r *rand.ChaCha8, t quant.Type, n int) error {
	places, ok := scales[t.ID]
	if !ok {
		return fmt.Errorf("no scales are known for %s", t.Name)
	}
	block := make([]byte, t.BlockBytes)
	for range n / t.BlockLen {
		r.Read(block) // never fails
		for _, s := range places {
			wobble := 0.75 + 0.5*float32(block[s.offset])/256
			binary.LittleEndian.PutUint16(block[s.offset:], quant.ToF16(s.value*wobble))
		}
		if _, err := out.Write(block); err != nil {
			return err
		}
	}
	return nil
}
