package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// joined returns ids as a flag wants them.
func joined(ids []int32) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}

// TestEncoderDecoderGolden: attention, logits and run of models with an encoder and a
// decoder print what the reference computed.
func TestEncoderDecoderGolden(t *testing.T) {
	for _, name := range []string{"t5_gated", "t5_relu_tied"} {
		t.Run(name, func(t *testing.T) {
			f, tokens := goldenOf(t, name)
			args := []string{"-m", f.modelPath, "--tokens", tokens, "--json"}
			own := append(args, "--decoder-tokens", joined(f.DecoderPrompt))
			out := attentionOf(t, append(own[:len(own):len(own)], "--residual")...)
			require.Equal(t, out, attentionOf(t, append(own[:len(own):len(own)], "--residual", "--workers", "2")...))
			for kind, layers := range map[string][][][][]float64{"attn": out.Weights, "cross_attn": out.Cross} {
				require.NotEmpty(t, layers)
				for l, layer := range layers {
					want, shape := f.section(t, fmt.Sprintf("%s.%d", kind, l))
					require.Equal(t, shape, []int{len(layer), len(layer[0]), len(layer[0][0])})
					for h, head := range layer {
						for q, row := range head {
							for k, w := range row {
								require.InDelta(t, want[(h*shape[1]+q)*shape[2]+k], w, f.Tolerance.AttnAbs, "%s layer %d", kind, l)
							}
						}
					}
				}
			}
			want, _ := f.section(t, "l_out.0")
			for i, x := range out.Residual[0] {
				require.InDelta(t, want[i], x, f.Tolerance.LOutAbs)
			}

			logits := func(args ...string) (out struct{ Logits [][]float32 }) {
				code, stdout, stderr := gander("", append([]string{"logits"}, args...)...)
				require.Zero(t, code, stderr)
				require.NoError(t, json.Unmarshal([]byte(stdout), &out))
				return out
			}
			rows := logits(append(own[:len(own):len(own)], "--all")...).Logits
			for i, row := range f.logits(t) {
				for k, x := range row {
					require.InDelta(t, x, rows[i][k], f.Tolerance.LogitsAbs)
				}
			}
			assert.Equal(t, rows[len(rows)-1:], logits(own...).Logits)
			assert.Equal(t, rows[:1], logits(args...).Logits, "the first token is the decoder's own")

			code, stdout, stderr := gander("", append([]string{"run", "--temp", "0", "-n", "20", "--ignore-eos"}, own...)...)
			require.Zero(t, code, stderr)
			var run struct{ Tokens []int32 }
			require.NoError(t, json.Unmarshal([]byte(stdout), &run))
			assert.Equal(t, f.Greedy, run.Tokens)

			code, stdout, stderr = gander("", "attention", "-m", f.modelPath, "--tokens", tokens)
			require.Zero(t, code, stderr)
			assert.Contains(t, stdout, "of the source")
		})
	}
	f, tokens := golden(t)
	code, _, stderr := gander("", "logits", "-m", f.modelPath, "--tokens", tokens, "--decoder-tokens", "1")
	assert.NotZero(t, code)
	assert.Contains(t, stderr, "needs a model with an encoder")
}
