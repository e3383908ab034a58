package core_test

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// e2m1 are the values of a 4-bit float, by code without its sign: OCP Microscaling
// Formats 1.0, §5.3.3.
var e2m1 = [8]float64{0, 0.5, 1, 1.5, 2, 3, 4, 6}

// mxfp4 returns 32 values as a block of MXFP4, and what it stands for, by the
// specification (§5.4, §6.3): a scale of 2^(e-127), and a code for each value. In a
// GGUF the codes of the first 16 values are the low nibbles.
func mxfp4(x []float32) (block []byte, values []float32) {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(float64(v)))
	}
	scale := math.Exp2(math.Floor(math.Log2(most)) - 2)
	block, values = make([]byte, 17), make([]float32, 32)
	block[0] = byte(127 + int(math.Log2(scale)))
	for i, v := range x {
		code := 0
		for c := range e2m1 {
			if d := math.Abs(math.Abs(float64(v))/scale - e2m1[c]); d < math.Abs(math.Abs(float64(v))/scale-e2m1[code]) {
				code = c
			}
		}
		values[i] = float32(scale * e2m1[code])
		if v < 0 {
			code, values[i] = code+8, -values[i]
		}
		block[1+i%16] |= byte(code) << (4 * (i / 16))
	}
	return block, values
}

// TestMXFP4Experts: a model like gpt-oss with its experts in MXFP4 gives what the same
// model gives with the values that they stand for in float32, up to the rounding of
// activations; with any number of workers the same bits.
func TestMXFP4Experts(t *testing.T) {
	f := coretest.Golden(t, "gpt_oss")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	packed, plain, changed := coretest.Edit(t, data), coretest.Edit(t, data), 0
	for name, tensor := range packed.Tensors {
		if !strings.HasSuffix(name, "_exps.weight") {
			continue
		}
		var raw []byte
		values := tensor.Values()
		for at := 0; at < len(values); at += 32 {
			block, decoded := mxfp4(values[at : at+32])
			raw = append(raw, block...)
			copy(values[at:], decoded)
		}
		float, err := binary.Append(nil, binary.LittleEndian, values)
		require.NoError(t, err)
		packed.Tensors[name] = coretest.EditedTensor{Shape: tensor.Shape, Type: quant.MXFP4, Raw: raw}
		plain.Tensors[name] = coretest.EditedTensor{Shape: tensor.Shape, Type: quant.F32, Raw: float}
		changed++
	}
	require.Equal(t, 6, changed)
	logits := func(e *coretest.Edited, workers int) [][]float32 {
		m := openWorkers(t, e.Bytes(t), workers, core.Options{})
		rows, err := m.AllLogits(context.Background(), f.Prompt)
		require.NoError(t, err)
		return rows
	}
	got, want := logits(packed, 1), logits(plain, 1)
	original, err := load(t, f).AllLogits(context.Background(), f.Prompt)
	require.NoError(t, err)
	distance := func(a, b [][]float32) float64 {
		sum, size := 0.0, 0.0
		for i := range a {
			for k := range a[i] {
				d := float64(a[i][k]) - float64(b[i][k])
				sum, size = sum+d*d, size+float64(b[i][k])*float64(b[i][k])
			}
		}
		return math.Sqrt(sum / size)
	}
	t.Logf("relative distance %.1e, of the model before %.1e", distance(got, want), distance(original, want))
	assert.Less(t, distance(got, want), 2e-3)
	assert.Greater(t, distance(original, want), 20*distance(got, want), "the experts matter")
	for workers := 2; workers <= 3; workers++ {
		require.Equal(t, got, logits(packed, workers), "%d workers", workers)
	}
}
