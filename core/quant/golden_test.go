package quant_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// TestGoldenBlocks decodes the reference blocks of every type that ggml's files
// have: each value equals ggml's, bit for bit.
func TestGoldenBlocks(t *testing.T) {
	dir := coretest.Shared(t, "golden", "quants")
	b, err := os.ReadFile(filepath.Join(dir, "index.json"))
	require.NoError(t, err)
	var index []struct {
		Type       string
		ID         uint32 `json:"ggml_type"`
		BlockElems int    `json:"block_elems"`
		BlockBytes int    `json:"block_bytes"`
	}
	require.NoError(t, json.Unmarshal(b, &index))
	for _, e := range index {
		t.Run(e.Type, func(t *testing.T) {
			typ, ok := quant.Lookup(e.ID)
			require.True(t, ok, "type %d is not registered", e.ID)
			require.Equal(t, e.Type, typ.Name)
			require.Equal(t, e.BlockElems, typ.BlockLen)
			require.Equal(t, e.BlockBytes, typ.BlockBytes)
			raw, err := os.ReadFile(filepath.Join(dir, strings.ToLower(e.Type)+".raw"))
			require.NoError(t, err)
			want, err := os.ReadFile(filepath.Join(dir, strings.ToLower(e.Type)+".f32"))
			require.NoError(t, err)
			got := make([]float32, len(want)/4)
			typ.Dequantize(got, raw)
			for i, x := range got {
				require.Equal(t, binary.LittleEndian.Uint32(want[4*i:]), math.Float32bits(x), "value %d: %v", i, x)
			}
		})
	}
}
