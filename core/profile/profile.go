// Package profile tells where the time of a step goes, part by part. It measures
// in builds with the tag profile; in all others it is empty and costs nothing.
//
//	before := profile.Enter(profile.Norm)
//	kernel.RMSNorm(dst, x, weight, eps)
//	profile.Leave(before)
//
// A part within another one interrupts it: each moment counts once. It follows one
// goroutine, so measure with one worker.
package profile

// Part is a kind of work.
type Part int

// The parts of a step. Other is what no part claims: sums with the residual
// stream, copies, and the loops around.
const (
	Other     Part = iota
	Quantize       // activations to integers, for the products
	Matmul         // products with weights
	Attention      // scores, softmax and mix over the cache, and keys and values into it
	Rotation       // rotary embedding
	Norm           // normalisation
	FFN            // activation function of the feed-forward network
	Sampling       // logits to a token
	Text           // the token's text, stop strings
	Caller         // what the caller does with the token; in a browser the way to JavaScript and the event loop's turns
	numParts
)

var names = [numParts]string{"other", "quantise", "matmul", "attention", "rotation", "norm", "ffn", "sampling", "text", "caller"}

// String returns the part's name.
func (p Part) String() string { return names[p] }
