package hf_test

import (
	"errors"
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
			fsys[hf.PoolingName] = &fstest.MapFile{Data: []byte(c.pooling)}
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
