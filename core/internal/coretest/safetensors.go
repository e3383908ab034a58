package coretest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// STensor is a tensor of a safetensors file that a test writes.
type STensor struct {
	Name, DType string
	Shape       []int64 // outermost first
	Raw         []byte
}

// Safetensors returns a file with these tensors, in this order.
func Safetensors(tb testing.TB, tensors ...STensor) []byte {
	tb.Helper()
	header, data := map[string]any{}, []byte{}
	for _, t := range tensors {
		begin := len(data)
		data = append(data, t.Raw...)
		shape := t.Shape
		if shape == nil {
			shape = []int64{}
		}
		header[t.Name] = map[string]any{"dtype": t.DType, "shape": shape, "data_offsets": []int{begin, len(data)}}
	}
	b, err := json.Marshal(header)
	require.NoError(tb, err)
	return append(SafetensorsHeader(string(b)), data...)
}

// SafetensorsHeader returns the beginning of a file with a header of this text.
func SafetensorsHeader(text string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
}

// ModelFolder returns a folder with config.json and the tensors, in so many shards.
func ModelFolder(tb testing.TB, config map[string]any, shards int, tensors ...STensor) fstest.MapFS {
	tb.Helper()
	b, err := json.Marshal(config)
	require.NoError(tb, err)
	fsys := fstest.MapFS{"config.json": {Data: b}}
	if shards == 1 {
		fsys["model.safetensors"] = &fstest.MapFile{Data: Safetensors(tb, tensors...)}
		return fsys
	}
	where := map[string]string{}
	for i := range shards {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, shards)
		part := tensors[i*len(tensors)/shards : (i+1)*len(tensors)/shards]
		for _, t := range part {
			where[t.Name] = name
		}
		fsys[name] = &fstest.MapFile{Data: Safetensors(tb, part...)}
	}
	b, err = json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": where})
	require.NoError(tb, err)
	fsys["model.safetensors.index.json"] = &fstest.MapFile{Data: b}
	return fsys
}
