package quant_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// TestQuantizeGoldenBlocks: ggml's own quantiser has made the second half of the
// golden blocks. Their values quantised again give the same blocks.
func TestQuantizeGoldenBlocks(t *testing.T) {
	dir := coretest.Shared(t, "golden", "quants")
	for _, typ := range quant.Types() {
		if typ.Quantize == nil || typ.BlockLen == 1 {
			continue
		}
		t.Run(typ.Name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, strings.ToLower(typ.Name)+".raw"))
			require.NoError(t, err)
			raw = raw[len(raw)/2:]
			n := len(raw) / typ.BlockBytes
			values := make([]float32, n*typ.BlockLen)
			typ.Dequantize(values, raw)
			got := make([]byte, len(raw))
			typ.Quantize(got, values)
			different := 0
			for b := range n {
				if string(raw[b*typ.BlockBytes:(b+1)*typ.BlockBytes]) != string(got[b*typ.BlockBytes:(b+1)*typ.BlockBytes]) {
					different++
				}
			}
			assert.Zero(t, different, "of %d blocks", n)
		})
	}
}

// TestQuantizeError: no value is further from the original than half a step, or
// one where the range is not symmetric, and what the type can't tell apart is kept.
func TestQuantizeError(t *testing.T) {
	for name, steps := range map[string]float64{"Q8_0": 254, "Q4_0": 15, "Q4_1": 15, "Q5_0": 31, "Q5_1": 31} {
		typ, ok := quant.ByName(name)
		require.True(t, ok)
		r := rand.New(rand.NewPCG(1, uint64(typ.ID)))
		for _, kind := range []string{"normal", "positive", "zero", "constant", "tiny"} {
			x, got, raw := make([]float32, 32), make([]float32, 32), make([]byte, typ.BlockBytes)
			for i := range x {
				switch v := r.NormFloat64(); kind {
				case "normal":
					x[i] = float32(v)
				case "positive":
					x[i] = float32(3 + math.Abs(v))
				case "constant":
					x[i] = -2.5
				case "tiny":
					x[i] = float32(v * 1e-30)
				}
			}
			typ.Quantize(raw, x)
			typ.Dequantize(got, raw)
			most := 0.0
			for _, v := range x {
				most = max(most, math.Abs(float64(v)))
			}
			for i := range x {
				// The range is at most from -most to most; the scale has 11 bits.
				require.InDelta(t, x[i], got[i], most*(2/steps+2e-3)+1e-7, "%s %s value %d", name, kind, i)
			}
		}
	}
}
