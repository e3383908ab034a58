package nn

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// file writes tensors as written does, and reads the header back.
func file(t *testing.T, tensors map[string][]int64, types map[string]quant.Type) *gguf.File {
	t.Helper()
	b := written(t, tensors, types)
	f, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return f
}

// written is a file of tensors whose values count up from 1, divided by 8.
func written(t *testing.T, tensors map[string][]int64, types map[string]quant.Type) []byte {
	t.Helper()
	w := gguf.NewWriter()
	for name, shape := range tensors {
		typ, ok := types[name]
		if !ok {
			typ = quant.F32
		}
		w.AddTensor(name, shape, typ, func(out io.Writer) error {
			n := int64(1)
			for _, d := range shape {
				n *= d
			}
			values := make([]float32, n)
			for i := range values {
				values[i] = float32(i+1) / 8
			}
			raw := make([]byte, int(n)/typ.BlockLen*typ.BlockBytes)
			typ.Quantize(raw, values)
			return binary.Write(out, binary.LittleEndian, raw)
		})
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
}

type testModel struct {
	Embed  Embedding   `gguf:"embd" dim:"vocab,hidden"`
	Blocks []testBlock `gguf:"blk"`
	Extra  Vector      `gguf:"extra,optional" dim:"hidden"`
	Output Linear      `gguf:"output,alt:embd" dim:"vocab,hidden"`
}

type testBlock struct {
	Norm RMSNorm `gguf:"norm" dim:"hidden"`
	testPart
}

// testPart is embedded and unexported, as the parts that architectures share are.
type testPart struct {
	AB Linear `gguf:"a+b" dim:"two+one,hidden"`
}

var testDims = Dims{Sizes: map[string]int{"vocab": 3, "hidden": 32, "two": 2, "one": 1}}

func testTensors() map[string][]int64 {
	return map[string][]int64{
		"embd.weight": {32, 3}, "blk.0.norm.weight": {32}, "blk.0.a.weight": {32, 2}, "blk.0.b.weight": {32, 1}, "blk.0.b.bias": {1},
	}
}

// TestBindAndForward: parts of one layout and of two give the same product, the
// bias goes to the rows of its part, and tied weights are one matrix.
func TestBindAndForward(t *testing.T) {
	for _, c := range []struct {
		name  string
		types map[string]quant.Type
		parts int
	}{
		{"one layout", nil, 1},
		{"two layouts", map[string]quant.Type{"blk.0.b.weight": quant.Float16}, 1},
		{"dense and packed", map[string]quant.Type{"blk.0.b.weight": quant.Q8_0}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &testModel{Blocks: make([]testBlock, 1)}
			b, err := Bind(m, file(t, testTensors(), c.types), testDims, 1e-5)
			require.NoError(t, err)
			bytesBefore := b.Bytes()
			last := int64(0)
			require.NoError(t, b.Load(context.Background(), func(at int64) {
				assert.Greater(t, at, last, "in the order of the file")
				last = at
			}))
			assert.Positive(t, bytesBefore)
			assert.Len(t, m.Blocks[0].AB.parts, c.parts)
			assert.Nil(t, m.Extra.Values)
			assert.Same(t, m.Embed.table, m.Output.parts[0])

			x := make([]float32, 2*32)
			for i := range x {
				x[i] = float32(i%5) - 2
			}
			var ctx Context
			ctx.Input(x, 2)
			got := make([]float32, 2*3)
			m.Blocks[0].AB.Forward(&ctx, got)
			for i := range 2 {
				for r := range 3 {
					want := 0.0
					for k := range 32 {
						w := float64(r*32+k+1) / 8 // a, two rows
						if r == 2 {
							w = float64(k+1) / 8 // b
						}
						want += w * float64(x[i*32+k])
					}
					if r == 2 {
						want += 0.125 // the bias
					}
					tolerance := 0.02
					if c.parts == 2 {
						tolerance = 0.3 // Q8_0 rounds the weights
					}
					assert.InDelta(t, want, got[i*3+r], tolerance, "token %d, row %d", i, r)
				}
			}
		})
	}
}

func TestBindRejects(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(map[string][]int64)
		want   string
	}{
		{"missing", func(m map[string][]int64) { delete(m, "blk.0.a.weight") }, `"blk.0.a.weight" is missing`},
		{"shape", func(m map[string][]int64) { m["blk.0.norm.weight"] = []int64{31} }, `"blk.0.norm.weight" has the shape [31]`},
		{"dimensions", func(m map[string][]int64) { m["embd.weight"] = []int64{32, 3, 1} }, `"embd.weight"`},
		{"bias", func(m map[string][]int64) { m["blk.0.b.bias"] = []int64{2} }, `"blk.0.b.bias"`},
		{"optional of another shape", func(m map[string][]int64) { m["extra.weight"] = []int64{5} }, `"extra.weight"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tensors := testTensors()
			c.change(tensors)
			_, err := Bind(&testModel{Blocks: make([]testBlock, 1)}, file(t, tensors, nil), testDims, 1e-5)
			require.ErrorContains(t, err, c.want)
		})
	}
}
