package hf

import (
	"slices"
	"strconv"

	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
)

// specials are tokens with a purpose: their name in the folder's files and the key
// in GGUF.
var specials = [][2]string{
	{"bos", "bos_token_id"}, {"eos", "eos_token_id"}, {"unk", "unknown_token_id"}, {"sep", "seperator_token_id"}, {"pad", "padding_token_id"},
	{"cls", "cls_token_id"}, {"mask", "mask_token_id"},
}

// special sets the keys of the tokens with a purpose.
func (v *vocabulary) special(w *gguf.Writer) {
	ends := v.c.tokenIDs(v.files[GenerationName]["eos_token_id"], v.c.values["eos_token_id"])
	for _, s := range specials {
		id, ok := v.specialID(s[0])
		if !ok && s[0] == "eos" && len(ends) > 0 {
			id, ok = int64(ends[0]), true
		}
		if !ok {
			continue
		}
		w.Set("tokenizer.ggml."+s[1], uint32(id))
		if s[0] == "eos" {
			for _, key := range []string{"eot_token_id", "eom_token_id"} { // what else ends an answer
				for len(ends) > 0 && int64(ends[0]) == id {
					ends = ends[1:]
				}
				if len(ends) > 0 {
					w.Set("tokenizer.ggml."+key, uint32(ends[0]))
					ends = ends[1:]
				}
			}
		}
	}
}

// specialID finds a token by its text in tokenizer_config.json or
// special_tokens_map.json, or by its number in config.json.
func (v *vocabulary) specialID(name string) (int64, bool) {
	for _, file := range []string{TokenizerConfigName, SpecialTokensName} {
		value := v.files[file][name+"_token"]
		if object, ok := value.(map[string]any); ok {
			value = object["content"]
		}
		if text, ok := value.(string); ok {
			if id, ok := v.ids[text]; ok {
				return id, true
			}
		}
	}
	if ids := v.c.tokenIDs(v.c.values[name+"_token_id"]); len(ids) > 0 {
		return int64(ids[0]), true
	}
	return 0, false
}

// tokenIDs returns the tokens among some values of JSON: numbers, lists of them, or
// nothing; each once. What is not in the vocabulary is left out.
func (c *config) tokenIDs(values ...any) (ids []int32) {
	for _, value := range values {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, x := range list {
			n, _ := x.(files.Number)
			if id, err := strconv.ParseInt(string(n), 10, 64); err == nil && id >= 0 && id < c.sizes["vocab_size"] && !slices.Contains(ids, int32(id)) {
				ids = append(ids, int32(id))
			}
		}
	}
	return ids
}

// addRules says whether BOS and EOS are put around a text: as tokenizer_config.json
// says, else as the post-processor does.
func (v *vocabulary) addRules(w *gguf.Writer) {
	bos, eos := v.template()
	for _, rule := range []struct {
		key   string
		value bool
	}{{"add_bos_token", bos}, {"add_eos_token", eos}} {
		if b, ok := v.files[TokenizerConfigName][rule.key].(bool); ok {
			rule.value = b
		}
		w.Set("tokenizer.ggml."+rule.key, rule.value)
	}
}

// template says whether the post-processor puts a token before and after a text.
func (v *vocabulary) template() (first, last bool) {
	for _, n := range v.json.PostProcessor.steps() {
		switch {
		case n.Type == "RobertaProcessing" || n.Type == "BertProcessing":
			return true, true
		case n.Type == "TemplateProcessing" && len(n.Single) > 1:
			first = first || n.Single[0]
			last = last || n.Single[len(n.Single)-1]
		}
	}
	return first, last
}
