package arch

// Pooling is how the hidden states of a text's tokens become one: the file's pooling_type.
type Pooling string

// The ways of pooling. Source of the numbers: llama.cpp include/llama.h, llama_pooling_type.
const (
	PoolingMean    Pooling = "mean" // 1; also of a file that doesn't say, or says that there is none
	PoolingCLS     Pooling = "cls"  // 2: the first token's
	PoolingLast    Pooling = "last" // 3
	PoolingUnknown Pooling = ""     // another
)

// pooling reads how a model is pooled.
func (k *keys) pooling() Pooling {
	n := k.number("pooling_type", 0)
	switch n {
	case 0, 1:
		return PoolingMean
	case 2:
		return PoolingCLS
	case 3:
		return PoolingLast
	}
	return PoolingUnknown
}
