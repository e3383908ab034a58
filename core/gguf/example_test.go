package gguf_test

import (
	"bytes"
	"fmt"
	"io"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// Write a file with one tensor and read its header back.
func Example() {
	w := gguf.NewWriter()
	w.Set("general.architecture", "llama")
	w.AddTensor("ones", []int64{4}, quant.F32, func(out io.Writer) error {
		raw := make([]byte, 16)
		quant.F32.Quantize(raw, []float32{1, 1, 1, 1})
		_, err := out.Write(raw)
		return err
	})
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		fmt.Println(err)
		return
	}

	f, err := gguf.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	architecture, _ := f.String("general.architecture")
	fmt.Println(f.Version, architecture, f.Tensors[0].Name, f.Tensors[0].Size)
	// Output: 3 llama ones 16
}
