// Phi-2 decoder: the parallel blocks of Falcon, with biases, which are found in the
// file, and rotation of a part of each head.
// Reference: transformers models/phi/modeling_phi.py; llama.cpp src/models/phi2.cpp.

package arch

func init() { register("phi2", newFalcon) }
