package hf_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/hf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

const poolingModule = `{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}`

// TestPooling: modules.json says how tokens are pooled, of any model.
func TestPooling(t *testing.T) {
	config, tensors := tiny()
	for _, c := range []struct {
		modules, pooling string
		want             uint64
		err              string
	}{
		{`[]`, ``, 0, ""},
		{`[{"type": "sentence_transformers.models.Normalize", "path": "2"}, ` + poolingModule + `]`, `{"pooling_mode_lasttoken": true, "pooling_mode_mean_tokens": false}`, 3, ""},
		{`[` + poolingModule + `]`, `{"pooling_mode_cls_token": true}`, 2, ""},
		{`[` + poolingModule + `]`, `{"pooling_mode": "mean"}`, 1, ""},
		{`[` + poolingModule + `]`, `{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}`, 0, `supported is one of mean, cls, lasttoken`},
		{`[` + poolingModule + `]`, `{"pooling_mode_max_tokens": true}`, 0, `pooling ["max"]`},
		{`[` + poolingModule + `]`, `{}`, 0, `pooling []`},
		{`[` + poolingModule + `]`, ``, 0, `names 1_Pooling/config.json, which is not there`},
		{`[{"type": "sentence_transformers.models.CNN", "path": "2"}]`, ``, 0, `models.CNN of modules.json`},
		{`{}`, ``, 0, `modules.json is no JSON array`},
	} {
		fsys := coretest.ModelFolder(t, config, 1, tensors...)
		fsys[hf.ModulesName] = &fstest.MapFile{Data: []byte(c.modules)}
		if c.pooling != "" {
			fsys["1_Pooling/config.json"] = &fstest.MapFile{Data: []byte(c.pooling)}
		}
		if c.err != "" {
			_, err := hf.Open(fsys)
			require.ErrorContains(t, err, c.err)
			var fe *errs.FormatError
			var ue *errs.UnsupportedError
			assert.True(t, errors.As(err, &ue) || errors.As(err, &fe), err)
			continue
		}
		got, ok := viewFS(t, fsys).Uint("llama.pooling_type")
		assert.Equal(t, c.want > 0, ok)
		assert.Equal(t, c.want, got)
	}
}

// TestDense: EmbeddingGemma has two matrices behind the pooling, in folders of their own.
func TestDense(t *testing.T) {
	want := readGGUF(t, coretest.Golden(t, "gemma_embedding").ModelPath)
	matrix := func(rows, cols int64) []byte {
		raw := make([]byte, 4*rows*cols)
		for i := range raw {
			raw[i] = byte(i * 7)
		}
		return coretest.Safetensors(t, coretest.STensor{Name: "linear.weight", DType: "F32", Shape: []int64{rows, cols}, Raw: raw})
	}
	folder := func(change func(fstest.MapFS)) fstest.MapFS {
		fsys := folderOf(t, want, map[string]any{"query_pre_attn_scalar": 16, "use_bidirectional_attention": true}, 1)
		fsys[hf.ModulesName] = &fstest.MapFile{Data: []byte(`[` + poolingModule + `, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}, {"path": "3_Dense", "type": "sentence_transformers.models.Dense"}]`)}
		for name, size := range map[string][2]int64{"2_Dense": {20, 48}, "3_Dense": {48, 20}} {
			fsys[name+"/model.safetensors"] = &fstest.MapFile{Data: matrix(size[0], size[1])}
			fsys[name+"/config.json"] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"in_features": %d, "out_features": %d, "bias": false, "activation_function": "torch.nn.modules.linear.Identity"}`, size[1], size[0])}
		}
		change(fsys)
		return fsys
	}
	f := viewFS(t, folder(func(fstest.MapFS) {}))
	for key, n := range map[string]uint64{"dense_2_feat_in": 48, "dense_2_feat_out": 20, "dense_3_feat_in": 20, "dense_3_feat_out": 48} {
		got, _ := f.Uint("gemma-embedding." + key)
		assert.Equal(t, n, got, key)
	}
	for name, raw := range map[string][]byte{"dense_2.weight": matrix(20, 48), "dense_3.weight": matrix(48, 20)} {
		got := tensorBytes(t, f, name)
		assert.Equal(t, raw[len(raw)-len(got):], got, name)
	}
	for _, c := range []struct{ name, file, text, err string }{
		{"no config", "2_Dense/config.json", "", "names 2_Dense/config.json, which is not there"},
		{"no weights", "3_Dense/model.safetensors", "", "names 3_Dense, which has no model.safetensors"},
		{"bias", "2_Dense/config.json", `{"in_features": 48, "out_features": 20, "activation_function": "torch.nn.modules.linear.Identity"}`, "with bias"},
		{"activation", "2_Dense/config.json", `{"in_features": 48, "out_features": 20, "bias": false, "activation_function": "torch.nn.modules.activation.Tanh"}`, "activation.Tanh"},
		{"size", "2_Dense/config.json", `{"in_features": 48, "out_features": 21, "bias": false, "activation_function": "torch.nn.modules.linear.Identity"}`, `"2_Dense/linear.weight" in 2_Dense/model.safetensors has the shape [20 48]`},
		{"no size", "2_Dense/config.json", `{"in_features": 0}`, `2_Dense: config.json: "in_features" is 0`},
		{"only one", hf.ModulesName, `[` + poolingModule + `, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]`, "1 Dense modules"},
	} {
		_, err := hf.Open(folder(func(fsys fstest.MapFS) {
			delete(fsys, c.file)
			if c.text != "" {
				fsys[c.file] = &fstest.MapFile{Data: []byte(c.text)}
			}
		}))
		assert.ErrorContains(t, err, c.err, c.name)
	}
}
