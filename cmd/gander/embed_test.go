package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEmbed holds the command to the reference's embedding, of ids and of a text.
func TestEmbed(t *testing.T) {
	for _, name := range []string{"gemma_embedding", "bert", "roberta_bpe", "nomic_bert", "jina_bert_v2", "modern_bert"} {
		f, ids := goldenOf(t, name)
		for _, c := range []struct {
			flags   []string
			section string
		}{{nil, "embd_mean"}, {[]string{"--pooling", "cls"}, "embd_cls"}} {
			code, out, stderr := gander("", append([]string{"embed", "-m", f.modelPath, "--json", "--tokens", ids}, c.flags...)...)
			require.Zero(t, code, stderr)
			var got struct{ Embedding []float32 }
			require.NoError(t, json.Unmarshal([]byte(out), &got))
			want, _ := f.section(t, c.section)
			assert.InDeltaSlice(t, want, got.Embedding, 5e-4, name)
		}
	}
	f, _ := goldenOf(t, "gemma_embedding")
	text := f.Tokenizer[1].Text
	_, want, _ := gander("", "tokenize", "-m", f.modelPath, "--json", "-p", text)
	var tokens struct{ Tokens []json.Number }
	require.NoError(t, json.Unmarshal([]byte(want), &tokens))
	list := []string{}
	for _, n := range tokens.Tokens {
		list = append(list, n.String())
	}
	_, want, _ = gander("", "embed", "-m", f.modelPath, "--tokens", strings.Join(list, ","), "--normalize")
	code, out, stderr := gander(text, "embed", "-m", f.modelPath, "--normalize")
	require.Zero(t, code, stderr)
	assert.Equal(t, want, out)
	assert.Len(t, strings.Fields(out), 48)

	code, _, stderr = gander("", "embed", "-m", f.modelPath, "-p", "x", "--pooling", "max")
	assert.Equal(t, 2, code, stderr)
	code, _, stderr = gander("", "run", "-m", f.modelPath, "-p", "x")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "encoder")
}
