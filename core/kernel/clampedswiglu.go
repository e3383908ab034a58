package kernel

// ClampedSwiGLU writes g·σ(1.702·g)·(u+1) to dst, where g is gate but at most 7, and
// u is up between -7 and 7. dst may alias gate or up. It panics if the lengths differ.
// 1.702 makes it Hendrycks and Gimpel's other approximation of GELU (arXiv:1606.08415, §2).
// Reference: OpenAI, gpt-oss, gpt_oss/torch/model.py, swiglu.
func ClampedSwiGLU(dst, gate, up []float32) {
	checkSame("ClampedSwiGLU", len(dst), len(gate))
	checkSame("ClampedSwiGLU", len(dst), len(up))
	const alpha, limit = 1.702, 7
	for i, g := range gate {
		g = min(g, limit)
		u := max(-limit, min(limit, up[i]))
		dst[i] = float32(g/(1+Exp(float32(-alpha*g)))) * (u + 1)
	}
}
