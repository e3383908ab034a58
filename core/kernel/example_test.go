package kernel_test

import (
	"fmt"

	"github.com/gander-lm/gander/core/kernel"
)

// Turn scores into weights that sum to one.
func ExampleSoftmax() {
	x := []float32{0, 0.6931472, 1.0986123, 1.3862944} // ln 1, 2, 3, 4
	kernel.Softmax(x)
	fmt.Printf("%.2f\n", x)
	// Output: [0.10 0.20 0.30 0.40]
}
