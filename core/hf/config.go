package hf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
)

// config is a model's config.json, and the GGUF file that is made of it. It keeps
// the first error.
type config struct {
	values map[string]any // as files.ParseObject gives them
	w      *gguf.Writer
	prefix string // of the architecture's keys
	err    error

	// sizes are the numbers that shapes are made of, by the names that most models
	// use; names has the key that this model's config.json has for them.
	sizes map[string]int64
	names map[string]string

	vectors []vector // to be added to the tensors
	behind  []behind // modules behind the model
}

// behind is a tensor of a module that has a folder of its own.
type behind struct {
	folder string
	rule   rule
}

// vector is a tensor that is computed from config.json.
type vector struct {
	name   string
	values []float32
}

// most bounds every size, so that no product of sizes can overflow; the largest
// are contexts of 10 million.
const most = 1 << 24

func (c *config) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &errs.FormatError{Offset: -1, What: "config.json: " + fmt.Sprintf(format, args...)}
	}
}

func (c *config) unsupported(format string, args ...any) {
	if c.err == nil {
		c.err = &errs.UnsupportedError{What: fmt.Sprintf(format, args...)}
	}
}

// name is the architecture's.
func (c *config) name() string { return strings.TrimSuffix(c.prefix, ".") }

// find returns the first of several keys that is there and not null.
func (c *config) find(keys ...string) (key string, value any) {
	for _, k := range keys {
		if v := c.values[k]; v != nil {
			return k, v
		}
	}
	return keys[0], nil
}

// size returns a positive integer; def if none of the keys is there, where 0 means
// that one must be. The first key is the name that shapes use.
func (c *config) size(def int64, keys ...string) int64 {
	key, v := c.find(keys...)
	n := def
	if v == nil && def == 0 {
		c.fail(`"%s" is missing`, strings.Join(keys, `" or "`))
		n = 1
	} else if v != nil {
		n = c.integer(key, v)
	}
	c.sizes[keys[0]], c.names[keys[0]] = n, key
	return n
}

func (c *config) integer(key string, v any) int64 {
	text, ok := v.(files.Number)
	n, err := strconv.ParseInt(string(text), 10, 64)
	if !ok || err != nil || n < 1 || n > most {
		c.fail("%q is %v; an integer from 1 to %d is possible", key, v, int64(most))
		return 1
	}
	return n
}

// defaults sets what config.json leaves out, to what transformers takes then.
func (c *config) defaults(numbers map[string]string) {
	for key, number := range numbers {
		if c.values[key] == nil {
			c.values[key] = files.Number(number)
		}
	}
}

// count returns an integer that may be 0, def if the key is not there.
func (c *config) count(def int64, key string) int64 {
	v := c.values[key]
	switch v {
	case nil:
		return def
	case files.Number("0"):
		return 0
	}
	return c.integer(key, v)
}

// number returns a finite number, def if none of the keys is there.
func (c *config) number(def float64, keys ...string) float64 {
	key, v := c.find(keys...)
	if v == nil {
		return def
	}
	return c.float(key, v)
}

func (c *config) float(key string, v any) float64 {
	text, ok := v.(files.Number)
	x, err := strconv.ParseFloat(string(text), 64)
	if !ok || err != nil {
		c.fail("%q is %v, which is no number", key, v)
		return 1
	}
	return x
}

// boolean returns a truth value, def if the key is not there.
func (c *config) boolean(key string, def bool) bool {
	v := c.values[key]
	b, ok := v.(bool)
	if v == nil {
		return def
	}
	if !ok {
		c.fail("%q is %v, which is neither true nor false", key, v)
	}
	return b
}

// list returns an array, nil if the key is not there.
func (c *config) list(key string) []any {
	list, ok := c.values[key].([]any)
	if c.values[key] != nil && !ok {
		c.fail("%q is %v, which is no list", key, c.values[key])
	}
	return list
}

// text returns a string, "" if the key is not there.
func (c *config) text(keys ...string) string {
	key, v := c.find(keys...)
	s, ok := v.(string)
	if v != nil && !ok {
		c.fail("%q is %v, which is no string", key, v)
	}
	return s
}

// setUint, setFloat and setBool add a key of the architecture.
func (c *config) setUint(key string, n int64)    { c.w.Set(c.prefix+key, uint32(n)) }
func (c *config) setFloat(key string, x float64) { c.w.Set(c.prefix+key, float32(x)) }
func (c *config) setBool(key string, b bool)     { c.w.Set(c.prefix+key, b) }

// common sets the keys that all architectures have.
func (c *config) common() {
	c.setUint("block_count", c.size(0, "num_hidden_layers", "n_layer", "num_layers"))
	c.setUint("context_length", c.size(0, "max_position_embeddings", "n_positions", "n_ctx"))
	hidden := c.size(0, "hidden_size", "n_embd", "d_model")
	c.setUint("embedding_length", hidden)
	heads := c.size(0, "num_attention_heads", "n_head", "num_heads")
	c.setUint("attention.head_count", heads)
	c.size(0, "vocab_size")
	c.setUint("vocab_size", c.sizes["vocab_size"])
	if c.values["head_dim"] == nil && hidden%heads != 0 {
		c.fail("%s %d is no multiple of %s %d", c.names["hidden_size"], hidden, c.names["num_attention_heads"], heads)
	}
}

// grouped sets the keys of a transformer with fewer key and value heads than queries,
// and RMSNorm: that of Llama and those that follow it.
func (c *config) grouped() {
	c.groupedHeads()
	c.setFloat("attention.layer_norm_rms_epsilon", c.number(1e-6, "rms_norm_eps"))
}

// groupedHeads sets the same keys without those of the norms.
func (c *config) groupedHeads() {
	c.common()
	heads := c.sizes["num_attention_heads"]
	c.setUint("feed_forward_length", c.size(0, "intermediate_size"))
	c.setUint("attention.head_count_kv", c.keyHeads())
	head := c.size(max(1, c.sizes["hidden_size"]/heads), "head_dim")
	if c.values["head_dim"] != nil {
		c.setUint("attention.key_length", head)
		c.setUint("attention.value_length", head)
	}
}

// keyHeads returns how many heads of keys and values there are.
func (c *config) keyHeads() int64 {
	heads := c.sizes["num_attention_heads"]
	kv := c.size(heads, "num_key_value_heads")
	if heads%kv != 0 {
		c.fail("num_attention_heads %d is no multiple of num_key_value_heads %d", heads, kv)
	}
	return kv
}

// rotaryPart returns how many values of a head rotate, of which a key of config.json,
// or else of the rotary embedding's object, says which part of the head they are.
func (c *config) rotaryPart(def float64, key string) int64 {
	r := c.ropeParameters()
	part := r.number(c.number(def, key), "partial_rotary_factor")
	if c.err == nil {
		c.err = r.err
	}
	dims := int64(part * float64(c.sizes["head_dim"]))
	if part <= 0 || part > 1 || dims%2 != 0 || dims == 0 {
		c.fail("%s %v of a head of %d", key, part, c.sizes["head_dim"])
		return 0
	}
	return dims
}

// windowAsContext takes a window within which a model sees the past, where GGUF has
// no key for it, for the model's context: as long as the window is not full, that is
// the same.
func (c *config) windowAsContext() {
	if c.values["sliding_window"] == nil {
		return
	}
	if window := c.size(0, "sliding_window"); window < c.size(0, "max_position_embeddings") {
		c.values["max_position_embeddings"] = files.Number(fmt.Sprint(window))
	}
}

// only says that a key of config.json must have a value if it is there: that which
// GGUF's architecture stands for.
func (c *config) only(key string, want any) {
	if v := c.values[key]; v != nil && fmt.Sprint(v) != fmt.Sprint(want) {
		c.unsupported("%s %v of a model of type %s (supported is %v)", key, v, c.name(), want)
	}
}

// activation says that the model's activation function must be one of some.
func (c *config) activation(keys []string, known ...string) {
	key, v := c.find(keys...)
	for _, k := range known {
		if v == nil || v == k {
			return
		}
	}
	c.unsupported("%s %v of a model of type %s (supported are %s)", key, v, c.name(), strings.Join(known, ", "))
}
