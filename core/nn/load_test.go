package nn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
)

// recorder is a file that records what is read of it, and fails from an offset on.
type recorder struct {
	*bytes.Reader
	reads    [][2]int64 // from, to
	failFrom int64
}

var errGone = errors.New("gone")

func (r *recorder) ReadAt(p []byte, off int64) (int, error) {
	r.reads = append(r.reads, [2]int64{off, off + int64(len(p))})
	if off+int64(len(p)) > r.failFrom {
		return 0, errGone
	}
	return r.Reader.ReadAt(p, off)
}

type loadModel struct {
	Table  Embedding   `gguf:"table" dim:"vocab,hidden"`
	Blocks []loadBlock `gguf:"blk"`
}

type loadBlock struct {
	Norm RMSNorm `gguf:"norm" dim:"hidden"`
	AB   Linear  `gguf:"a+b" dim:"two+one,hidden"`
}

// TestLoadReadsForward: each byte is read once, small neighbours together and large tensors
// in pieces, and a read that fails names its tensor.
func TestLoadReadsForward(t *testing.T) {
	const blocks = 40
	dims := Dims{Sizes: map[string]int{"vocab": 20000, "hidden": 64, "two": 2, "one": 1}}
	tensors := map[string][]int64{"table.weight": {64, 20000}} // 5 MB
	for i := range blocks {
		tensors[fmt.Sprintf("blk.%d.norm.weight", i)] = []int64{64}
		tensors[fmt.Sprintf("blk.%d.a.weight", i)] = []int64{64, 2}
		tensors[fmt.Sprintf("blk.%d.b.weight", i)] = []int64{64, 1}
	}
	raw := written(t, tensors, nil)
	load := func(failFrom int64) (*recorder, *loadModel, *gguf.File, error) {
		r := &recorder{Reader: bytes.NewReader(raw), failFrom: int64(len(raw))}
		f, err := gguf.Read(r, int64(len(raw)))
		require.NoError(t, err)
		m := &loadModel{Blocks: make([]loadBlock, blocks)}
		b, err := Bind(m, f, dims, 1e-5)
		require.NoError(t, err)
		r.reads, r.failFrom = nil, failFrom
		return r, m, f, b.Load(context.Background(), nil)
	}

	r, m, f, err := load(int64(len(raw)))
	require.NoError(t, err)
	at := f.DataOffset
	for _, read := range r.reads {
		require.Equal(t, at, read[0], "what follows on what was read")
		require.LessOrEqual(t, read[1]-read[0], int64(readBytes))
		at = read[1]
	}
	assert.Equal(t, int64(len(raw)), at)
	assert.LessOrEqual(t, len(r.reads), 8, "for 121 tensors")
	x, y := make([]float32, 64), make([]float32, 3)
	x[63] = 8
	for i := range m.Blocks {
		var c Context
		c.Input(x, 1)
		m.Blocks[i].AB.Forward(&c, y)
		require.Equal(t, []float32{64, 128, 64}, y)
	}

	for _, name := range []string{"table.weight", "blk.0.norm.weight", "blk.7.b.weight", "blk.39.a.weight"} {
		tensor, _ := f.Tensor(name)
		_, _, _, err := load(tensor.Offset + tensor.Size - 1)
		require.ErrorIs(t, err, errGone)
		assert.ErrorContains(t, err, name)
	}
}
