package core_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// describe finds what the header says of a two-dimensional tensor: the two sizes,
// the type and the offset, after its name and the number of dimensions.
func describe(t *testing.T, file []byte, tensor string) []byte {
	t.Helper()
	name := append(binary.LittleEndian.AppendUint64(nil, uint64(len(tensor))), tensor...)
	at := bytes.Index(file, name)
	require.Positive(t, at)
	at += len(name)
	require.EqualValues(t, 2, binary.LittleEndian.Uint32(file[at:]))
	return file[at+4 : at+4+8+8+4+8]
}

// TestBadTensors spoils what the header says of one tensor of a good file: the error
// names it.
func TestBadTensors(t *testing.T) {
	const tensor = "blk.1.ffn_up.weight" // Q4_0, 64 rows of 32
	put32, put64 := binary.LittleEndian.PutUint32, binary.LittleEndian.PutUint64
	for _, c := range []struct {
		name string
		bad  func(d []byte)
		code string
		want string
	}{
		{"unknown type number", func(d []byte) { put32(d[16:], 77) }, "unsupported", "type number 77"},
		{"type that was removed", func(d []byte) { put32(d[16:], 4) }, "unsupported", "type number 4"},
		{"type with more bytes than lie there", func(d []byte) { put32(d[16:], quant.F32.ID) }, "bad_file", "overlap"},
		{"type with larger blocks than a row", func(d []byte) { put32(d[16:], quant.Q6_K.ID) }, "bad_file", "not whole Q6_K blocks"},
		{"row that is no whole block", func(d []byte) { put64(d, 33) }, "bad_file", "not whole Q4_0 blocks"},
		{"more rows than lie there", func(d []byte) { put64(d[8:], 1<<20) }, "bad_file", "past the end"},
		{"fewer rows than the model needs", func(d []byte) { put64(d[8:], 63) }, "bad_file", "shape"},
		{"no rows", func(d []byte) { put64(d[8:], 0) }, "bad_file", "impossible shape"},
		{"rows without end", func(d []byte) { put64(d[8:], 1<<63) }, "bad_file", "impossible shape"},
		{"offset past the end", func(d []byte) { put64(d[20:], 1<<40) }, "bad_file", "past the end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := coretest.NewTiny().Bytes(t)
			c.bad(describe(t, b, tensor))
			_, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
			require.Error(t, err)
			assert.Equal(t, c.code, core.Code(err), err.Error())
			assert.ErrorContains(t, err, fmt.Sprintf("%q", tensor))
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// TestScalesThatAreNoNumbers makes all scales of a model, or those of one tensor, infinite
// or NaN: it opens, and what it generates comes to its end, greedily and not.
func TestScalesThatAreNoNumbers(t *testing.T) {
	for name, bits := range map[string]uint16{"infinity": 0x7c00, "minus infinity": 0xfc00, "NaN": 0x7e01, "signalling NaN": 0x7d00, "largest": 0x7bff} {
		for _, only := range []string{"", "token_embd.weight", "blk.0.attn_k.weight", "blk.1.ffn_down.weight"} {
			t.Run(name+" "+only, func(t *testing.T) {
				b := coretest.NewTiny().Bytes(t)
				f, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
				require.NoError(t, err)
				for _, x := range f.Tensors {
					typ, err := x.Type()
					require.NoError(t, err)
					if typ.Name == "F32" || only != "" && x.Name != only {
						continue
					}
					for at := x.Offset; at < x.Offset+x.Size; at += int64(typ.BlockBytes) {
						binary.LittleEndian.PutUint16(b[at:], bits) // Q8_0 and Q4_0 begin with the scale, F16 is one
					}
				}
				m, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
				require.NoError(t, err)
				for _, temperature := range []float64{0, 1} {
					s, err := m.NewSession()
					require.NoError(t, err)
					o := core.DefaultGenerateOptions()
					o.MaxTokens, o.Temperature, o.IgnoreEOS, o.Logprobs = 12, temperature, true, 2
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					for tok, err := range s.Generate(ctx, []int32{1, 5, 9}, o) {
						require.NoError(t, ctx.Err(), "it hangs")
						if err != nil { // a sampler may refuse logits that are no numbers, and must say so
							require.NotEqual(t, "internal", core.Code(err), err.Error())
							break
						}
						require.True(t, tok.ID >= 0 && tok.ID < coretest.TinyVocab, "token %d", tok.ID)
					}
				}
			})
		}
	}
}
