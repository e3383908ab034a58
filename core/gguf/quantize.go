package gguf

import (
	"strings"

	"github.com/gander-lm/gander/core/quant"
)

// kept are the ends of names of matrices that Quantize leaves as they are: small
// ones that are added, looked up or decide, rather than multiplied with.
// Source: llama.cpp src/llama-quant.cpp, tensor_allows_quantization.
var kept = []string{"norm.weight", "norm_2.weight", "position_embd.weight", "token_types.weight", "ffn_gate_inp.weight", "attn_rel_b.weight", "per_layer_model_proj.weight",
	"ssm_conv1d.weight", "shortconv.conv.weight"}

// Quantize returns the file with its F32, F16 and BF16 matrices in another type.
// Vectors and what is not quantised otherwise (norms, positions, routers) stay as
// they are, and so do matrices whose rows are no whole number of the type's blocks.
// The new file can be read without being written, see Writer.Reader; its tensors
// are read from f, some rows at a time. t.Quantize must not be nil.
func (f *File) Quantize(t quant.Type) (*Writer, error) {
	w := NewWriter()
	for _, key := range f.keys {
		switch key {
		case "general.alignment", "split.no", "split.count", "split.tensors.count": // of these files
		case "general.file_type", "general.quantization_version":
		default:
			w.Set(key, f.values[key])
		}
	}
	mostly, known := fileTypes[t.Name]
	number, quantized := any(mostly), t.BlockLen > 1
	for i := range f.Tensors {
		from := &f.Tensors[i]
		old, err := from.Type()
		if err != nil {
			return nil, err
		}
		if old.BlockLen > 1 && old.ID != t.ID { // it stays, and the file is of the type that it was
			number, known = f.values["general.file_type"]
			quantized = true
		}
		if !from.quantizable(old, t) {
			w.AddSource(from.Name, from.Shape, old, func(dst []byte, off int64) error { return f.ReadTensor(from, dst, off) })
			continue
		}
		cols := from.Cols()
		oldBytes, _ := old.RowBytes(cols)
		newBytes, _ := t.RowBytes(cols)
		w.AddSource(from.Name, from.Shape, t, RowReader(newBytes, func(dst []byte, first int) error {
			return f.quantizeRows(dst, from, first, cols, oldBytes, newBytes, old, t)
		}))
	}
	if known {
		w.Set("general.file_type", number)
	}
	if quantized {
		w.Set("general.quantization_version", uint32(2))
	}
	if w.err != nil {
		return nil, w.err
	}
	return w, nil
}

// fileTypes are llama.cpp's numbers for files that are mostly of a type (llama_ftype).
var fileTypes = map[string]uint32{"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "BF16": 32}

// quantizable says whether Quantize changes a tensor of type old.
func (t *Tensor) quantizable(old, to quant.Type) bool {
	if len(t.Shape) < 2 || old.ID == to.ID || old.BlockLen != 1 || t.Shape[0]%int64(to.BlockLen) != 0 {
		return false
	}
	for _, end := range kept {
		if strings.HasSuffix(t.Name, end) {
			return false
		}
	}
	return strings.HasSuffix(t.Name, ".weight")
}

// quantizeRows fills dst with rows from first on, converted a few at a time.
func (f *File) quantizeRows(dst []byte, from *Tensor, first, cols, oldBytes, newBytes int, old, to quant.Type) error {
	step := max(1, writeBytes/oldBytes)
	n := len(dst) / newBytes
	raw := make([]byte, min(n, step)*oldBytes)
	values := make([]float32, cols)
	for row := 0; row < n; row += step {
		part := raw[:min(step, n-row)*oldBytes]
		if err := f.ReadTensor(from, part, int64(first+row)*int64(oldBytes)); err != nil {
			return err
		}
		for at := row; len(part) > 0; at++ {
			old.Dequantize(values, part[:oldBytes])
			to.Quantize(dst[at*newBytes:(at+1)*newBytes], values)
			part = part[oldBytes:]
		}
	}
	return nil
}
