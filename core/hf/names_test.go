package hf_test

import "strings"

// names are the parts of tensors' names, in GGUF and in transformers.
var llamaNames = [][2]string{
	{"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output.", "lm_head."}, {"blk", "model.layers"},
	{"attn_norm", "input_layernorm"}, {"attn_q_norm", "self_attn.q_norm"}, {"attn_k_norm", "self_attn.k_norm"}, {"attn_qkv", "self_attn.qkv_proj"},
	{"attn_q.", "self_attn.q_proj."}, {"attn_k.", "self_attn.k_proj."}, {"attn_v.", "self_attn.v_proj."}, {"attn_output", "self_attn.o_proj"},
	{"ffn_gate", "mlp.gate_proj"}, {"ffn_up", "mlp.up_proj"}, {"ffn_down", "mlp.down_proj"},
}

var nameTables = map[string][][2]string{
	"llama":  append([][2]string{{"ffn_norm", "post_attention_layernorm"}}, llamaNames...),
	"phi3":   append([][2]string{{"ffn_norm", "post_attention_layernorm"}, {"ffn_up", "mlp.gate_up_proj"}}, llamaNames...),
	"gemma2": append([][2]string{{"post_attention_norm", "post_attention_layernorm"}, {"post_ffw_norm", "post_feedforward_layernorm"}, {"ffn_norm", "pre_feedforward_layernorm"}}, llamaNames...),
	"gpt2": {{"token_embd", "transformer.wte"}, {"position_embd", "transformer.wpe"}, {"output_norm", "transformer.ln_f"}, {"blk", "transformer.h"}, {"attn_norm", "ln_1"},
		{"attn_qkv", "attn.c_attn"}, {"attn_output", "attn.c_proj"}, {"ffn_norm", "ln_2"}, {"ffn_up", "mlp.c_fc"}, {"ffn_down", "mlp.c_proj"}},
	"gptneox": {{"token_embd", "gpt_neox.embed_in"}, {"output_norm", "gpt_neox.final_layer_norm"}, {"output.", "embed_out."}, {"blk", "gpt_neox.layers"},
		{"attn_norm", "input_layernorm"}, {"attn_qkv", "attention.query_key_value"}, {"attn_output", "attention.dense"}, {"ffn_norm", "post_attention_layernorm"},
		{"ffn_up", "mlp.dense_h_to_4h"}, {"ffn_down", "mlp.dense_4h_to_h"}},
}

func init() {
	for _, same := range []string{"qwen2", "qwen3", "gemma", "smollm3", "granite", "stablelm", "command-r", "cohere2"} {
		nameTables[same] = nameTables["llama"]
	}
	nameTables["gemma3"], nameTables["olmo2"] = nameTables["gemma2"], nameTables["gemma2"]
	nameTables["mixtral"] = append([][2]string{{"ffn_gate_inp", "block_sparse_moe.gate"}, {"ffn_gate_exps.", "block_sparse_moe.experts.%d.w1."},
		{"ffn_up_exps.", "block_sparse_moe.experts.%d.w3."}, {"ffn_down_exps.", "block_sparse_moe.experts.%d.w2."}}, nameTables["llama"]...)
	nameTables["granitemoe"] = append([][2]string{{"ffn_gate_inp", "block_sparse_moe.router.layer"}, {"ffn_gate_exps", "block_sparse_moe.input_linear"},
		{"ffn_up_exps", "up"}, {"ffn_down_exps", "block_sparse_moe.output_linear"}}, nameTables["llama"]...)
	nameTables["qwen2moe"] = append([][2]string{{"ffn_gate_inp_shexp", "mlp.shared_expert_gate"}, {"ffn_gate_inp", "mlp.gate"},
		{"ffn_gate_exps.", "mlp.experts.%d.gate_proj."}, {"ffn_up_exps.", "mlp.experts.%d.up_proj."}, {"ffn_down_exps.", "mlp.experts.%d.down_proj."},
		{"ffn_gate_shexp", "mlp.shared_expert.gate_proj"}, {"ffn_up_shexp", "mlp.shared_expert.up_proj"}, {"ffn_down_shexp", "mlp.shared_expert.down_proj"}}, nameTables["llama"]...)
	nameTables["qwen3moe"] = nameTables["qwen2moe"]
	nameTables["stablelm"] = append([][2]string{{"attn_q_norm", "self_attn.q_layernorm.norms.%d"}, {"attn_k_norm", "self_attn.k_layernorm.norms.%d"}}, nameTables["llama"]...)
	nameTables["starcoder2"] = append([][2]string{{"ffn_up", "mlp.c_fc"}, {"ffn_down", "mlp.c_proj"}}, nameTables["llama"]...)
	nameTables["phi2"] = append([][2]string{{"output_norm", "model.final_layernorm"}, {"attn_output", "self_attn.dense"}, {"ffn_up", "mlp.fc1"}, {"ffn_down", "mlp.fc2"}}, nameTables["llama"]...)
}

func init() { // EmbeddingGemma has Gemma's names without the prefix
	for _, n := range nameTables["gemma2"] {
		nameTables["gemma-embedding"] = append(nameTables["gemma-embedding"], [2]string{n[0], strings.TrimPrefix(n[1], "model.")})
	}
}

func init() {
	nameTables["qwen35"] = append([][2]string{{"post_attention_norm", "post_attention_layernorm"}, {"attn_qkv", "linear_attn.in_proj_qkv"}, {"attn_gate", "linear_attn.in_proj_z"},
		{"ssm_beta", "linear_attn.in_proj_b"}, {"ssm_alpha", "linear_attn.in_proj_a"}, {"ssm_conv1d", "linear_attn.conv1d"}, {"ssm_a", "linear_attn.A_log"},
		{"ssm_dt.bias", "linear_attn.dt_bias"}, {"ssm_norm", "linear_attn.norm"}, {"ssm_out", "linear_attn.out_proj"}}, nameTables["llama"]...)
	for i, n := range nameTables["qwen35"] {
		nameTables["qwen35"][i][1] = strings.Replace(n[1], "model.", "model.language_model.", 1)
	}
}

// bertNames is how BERT, RoBERTa and Nomic BERT call what they have in common.
func bertNames(prefix string, own ...[2]string) [][2]string {
	return append(own, [][2]string{{"token_embd_norm", prefix + "embeddings.LayerNorm"}, {"token_embd", prefix + "embeddings.word_embeddings"},
		{"token_types", prefix + "embeddings.token_type_embeddings"}, {"position_embd", prefix + "embeddings.position_embeddings"}, {"blk", prefix + "encoder.layer"},
		{"attn_q", "attention.self.query"}, {"attn_k", "attention.self.key"}, {"attn_v", "attention.self.value"}, {"attn_output_norm", "attention.output.LayerNorm"},
		{"attn_output", "attention.output.dense"}, {"ffn_up", "intermediate.dense"}, {"ffn_down", "output.dense"}, {"layer_output_norm", "output.LayerNorm"}}...)
}

func init() {
	nameTables["bert"], nameTables["roberta"], nameTables["old bert"] = bertNames(""), bertNames("roberta."), bertNames("bert.")
	nameTables["nomic-bert"] = bertNames("", [2]string{"token_embd_norm", "emb_ln"}, [2]string{"blk", "encoder.layers"}, [2]string{"attn_qkv", "attn.Wqkv"},
		[2]string{"attn_output_norm", "norm1"}, [2]string{"attn_output", "attn.out_proj"}, [2]string{"layer_output_norm", "norm2"},
		[2]string{"ffn_up", "mlp.fc11"}, [2]string{"ffn_gate", "mlp.fc12"}, [2]string{"ffn_down", "mlp.fc2"})
	nameTables["modern-bert"] = [][2]string{{"token_embd_norm", "model.embeddings.norm"}, {"token_embd", "model.embeddings.tok_embeddings"}, {"output_norm", "model.final_norm"},
		{"blk", "model.layers"}, {"attn_norm", "attn_norm"}, {"attn_qkv", "attn.Wqkv"}, {"attn_output", "attn.Wo"}, {"ffn_norm", "mlp_norm"}, {"ffn_up", "mlp.Wi"}, {"ffn_down", "mlp.Wo"}}
	attention := [][2]string{{"attn_norm", "layer.0.layer_norm"}, {"attn_q.", "layer.0.SelfAttention.q."}, {"attn_k.", "layer.0.SelfAttention.k."}, {"attn_v.", "layer.0.SelfAttention.v."},
		{"attn_o.", "layer.0.SelfAttention.o."}, {"attn_rel_b", "layer.0.SelfAttention.relative_attention_bias"}}
	network := func(layer string) [][2]string {
		return append([][2]string{{"ffn_norm", layer + "layer_norm"}, {"ffn_gate", layer + "DenseReluDense.wi_0"}, {"ffn_up", layer + "DenseReluDense.wi_1"}, {"ffn_down", layer + "DenseReluDense.wo"}}, attention...)
	}
	nameTables["t5 decoder"] = append(network("layer.2."), [][2]string{{"cross_attn_norm", "layer.1.layer_norm"}, {"cross_attn_q", "layer.1.EncDecAttention.q"},
		{"cross_attn_k", "layer.1.EncDecAttention.k"}, {"cross_attn_v", "layer.1.EncDecAttention.v"}, {"cross_attn_o", "layer.1.EncDecAttention.o"}}...)
	nameTables["t5"] = append(network("layer.1."), [][2]string{{"token_embd", "shared"}, {"output.", "lm_head."}, {"enc.output_norm", "encoder.final_layer_norm"},
		{"dec.output_norm", "decoder.final_layer_norm"}, {"enc.blk", "encoder.block"}, {"dec.blk", "decoder.block"}}...)
	nameTables["t5encoder"] = nameTables["t5"]
}

func init() {
	nameTables["distilbert"] = [][2]string{{"token_embd_norm", "distilbert.embeddings.LayerNorm"}, {"token_embd", "distilbert.embeddings.word_embeddings"},
		{"position_embd", "distilbert.embeddings.position_embeddings"}, {"blk", "distilbert.transformer.layer"}, {"attn_q", "attention.q_lin"}, {"attn_k", "attention.k_lin"},
		{"attn_v", "attention.v_lin"}, {"attn_output_norm", "sa_layer_norm"}, {"attn_output", "attention.out_lin"}, {"ffn_up", "ffn.lin1"}, {"ffn_down", "ffn.lin2"},
		{"layer_output_norm", "output_layer_norm"}}
	nameTables["lfm2"] = append([][2]string{{"token_embd_norm", "model.embedding_norm"}, {"attn_norm", "operator_norm"}, {"ffn_norm", "ffn_norm"}, {"ffn_gate", "feed_forward.w1"},
		{"ffn_up", "feed_forward.w3"}, {"ffn_down", "feed_forward.w2"}, {"shortconv", "conv"}, {"attn_output", "self_attn.out_proj"}, {"attn_q_norm", "self_attn.q_layernorm"},
		{"attn_k_norm", "self_attn.k_layernorm"}}, nameTables["llama"]...)
}

func init() {
	nameTables["mistral3"] = nameTables["llama"]
	nameTables["mistral3 within"] = append([][2]string{{"output.", "language_model.lm_head."}}, nameTables["llama"]...)
	for i, n := range nameTables["mistral3 within"] {
		nameTables["mistral3 within"][i][1] = strings.Replace(n[1], "model.", "language_model.model.", map[bool]int{true: 0, false: 1}[i == 0])
	}
	nameTables["falcon"] = [][2]string{{"token_embd", "transformer.word_embeddings"}, {"output_norm", "transformer.ln_f"}, {"output.", "lm_head."}, {"blk", "transformer.h"},
		{"attn_norm.", "input_layernorm."}, {"attn_qkv", "self_attention.query_key_value"}, {"attn_output", "self_attention.dense"},
		{"ffn_up", "mlp.dense_h_to_4h"}, {"ffn_down", "mlp.dense_4h_to_h"}}
	nameTables["falcon 40b"] = append([][2]string{{"attn_norm.", "ln_mlp."}, {"attn_norm_2", "ln_attn"}}, nameTables["falcon"]...)
	norms := [][2]string{{"attn_q_norm", "attention.self.layer_norm_q"}, {"attn_k_norm", "attention.self.layer_norm_k"}}
	nameTables["jina-bert-v2"] = bertNames("bert.", append(norms, [2]string{"ffn_gate", "mlp.gated_layers"}, [2]string{"ffn_up", "up"}, [2]string{"ffn_down", "mlp.wo"}, [2]string{"layer_output_norm", "mlp.layernorm"})...)
	nameTables["jina code"] = bertNames("", append(norms, [2]string{"ffn_gate", "gate"}, [2]string{"ffn_up", "mlp.up_gated_layer"}, [2]string{"ffn_down", "mlp.down_layer"}, [2]string{"layer_output_norm", "layer_norm_2"})...)
}
