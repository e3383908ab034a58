// Package nn has the layers that architectures are made of, and binds them to
// the tensors of a model file.
//
// An architecture is a struct whose fields name their tensors and shapes in tags:
//
//	type block struct {
//		Norm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
//		QKV  nn.Linear  `gguf:"attn_q+attn_k+attn_v" dim:"q+kv+kv,hidden"`
//	}
//
// Bind finds the tensors, checks their shapes against the model's sizes, and
// Load reads them in file order, packing as it goes.
package nn
