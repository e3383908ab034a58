package quant_test

import (
	"fmt"

	"github.com/gander-lm/gander/core/quant"
)

// Quantise values to a storage type and decode them again.
func ExampleByName() {
	q8, _ := quant.ByName("Q8_0")
	values := make([]float32, 32)
	values[0], values[1] = 127, -3
	block := make([]byte, q8.BlockBytes)
	q8.Quantize(block, values)
	q8.Dequantize(values, block)
	fmt.Println(len(block), values[0], values[1], values[2])
	// Output: 34 127 -3 0
}
