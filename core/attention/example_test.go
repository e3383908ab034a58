package attention_test

import (
	"fmt"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kvcache"
)

// One head over two positions: the query matches the second key, so the output
// is nearly the second value.
func ExampleCausal() {
	cache := kvcache.New(kvcache.F32, kvcache.Uniform(1, kvcache.Shape{KVHeads: 1, HeadDim: 2}), 16)
	layer := cache.Layer(0)
	layer.Put(0, []float32{10, 0}, []float32{1, 1}) // key and value of position 0
	layer.Put(1, []float32{0, 10}, []float32{5, 7})
	a := attention.NewCausal(1, 1, 2)
	out := make([]float32, 2)
	a.Forward(&attention.Workspace{}, out, []float32{0, 1}, 2, layer, 1, 1, func(_, _ int, weights []float32) {
		fmt.Printf("weights %.3f\n", weights)
	})
	fmt.Printf("output %.2f\n", out)
	// Output:
	// weights [0.001 0.999]
	// output [5.00 6.99]
}
