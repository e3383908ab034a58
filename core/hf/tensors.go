package hf

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/safetensors"
)

// types are the storage types of weights, by safetensors' names.
var types = map[string]quant.Type{"F32": quant.F32, "F16": quant.Float16, "BF16": quant.BFloat16}

// mapper gives a model's tensors their names, shapes and values in GGUF.
type mapper struct {
	c      *config
	f      *family
	set    *safetensors.Set
	prefix string
	used   map[string]bool // tensors of the set
	made   map[string]bool // tensors of GGUF
	turned turned
	out    []mapped
}

// mapped is a tensor that is found and checked.
type mapped struct {
	name  string // in GGUF
	part  int
	src   *safetensors.Tensor
	shape []int64 // in GGUF, innermost first
	view  *view
}

// tensors adds the model's tensors to the file, in the order in which they lie in
// the folder's files. Tensors that are missing, left over or of another shape than
// config.json says are *errs.FormatErrors that name both.
func (c *config) tensors(f *family, set *safetensors.Set) error {
	m := &mapper{c: c, f: f, set: set, used: map[string]bool{}, made: map[string]bool{}}
	if err := m.all(); err != nil {
		return err
	}
	for _, v := range c.vectors {
		raw := make([]byte, 4*len(v.values))
		quant.F32.Quantize(raw, v.values)
		c.w.AddSource(v.name, []int64{int64(len(v.values))}, quant.F32, func(dst []byte, off int64) error {
			copy(dst, raw[off:])
			return nil
		})
	}
	sort.SliceStable(m.out, func(i, j int) bool {
		a, b := m.out[i], m.out[j]
		return a.part < b.part || a.part == b.part && a.src.Offset < b.src.Offset
	})
	types := map[string]int{}
	for _, t := range m.out {
		if len(t.shape) > 1 {
			types[t.view.out.Name]++
		}
		rowBytes, _ := t.view.out.RowBytes(t.view.cols)
		c.w.AddSource(t.name, t.shape, t.view.out, gguf.RowReader(rowBytes, t.view.rows))
	}
	c.w.Set("general.file_type", fileType(types))
	return nil
}

// fileType is llama.cpp's number of the type that most matrices have (llama_ftype).
func fileType(matrices map[string]int) uint32 {
	best, most := "F32", 0
	for _, name := range []string{"F32", "F16", "BF16"} {
		if matrices[name] > most {
			best, most = name, matrices[name]
		}
	}
	return map[string]uint32{"F32": 0, "F16": 1, "BF16": 32}[best]
}

func (m *mapper) all() error {
	tied, err := m.begin()
	if err != nil {
		return err
	}
	for i, r := range m.f.once {
		base := m.prefix
		if i == 0 && m.missing(base+r.from+".weight") && tied && m.f.head != "" {
			base, r.from = "", m.f.head // only the output matrix is stored
		}
		if err := m.rule(r, base, ""); err != nil {
			return err
		}
	}
	if head := (rule{to: "output", from: m.f.head, dims: m.f.once[0].dims}); !tied {
		if err := m.rule(head, "", ""); err != nil {
			return err
		}
	}
	m.used[m.f.head+".weight"] = true // a copy of the embedding, where it is tied
	for _, s := range m.f.stacks {
		for n := range m.c.sizes[s.count] {
			for _, r := range s.rules {
				if err := m.rule(r, m.prefix+fmt.Sprintf(s.from, n), fmt.Sprintf(s.to, n)); err != nil {
					return err
				}
			}
		}
	}
	for _, b := range m.c.behind {
		if err := m.rule(b.rule, "", ""); err != nil {
			return err
		}
	}
	return m.leftOver()
}

// begin finds the names' prefix, and says whether the output matrix is the embedding.
func (m *mapper) begin() (tied bool, err error) {
	m.prefix = m.f.prefixes[0]
	for _, p := range m.f.prefixes {
		if !m.missing(p+m.f.once[0].from+".weight") || !m.missing(p+m.f.once[1].from+".weight") {
			m.prefix = p
			break
		}
	}
	if m.f.head == "" {
		return true, nil
	}
	if outer, ok := strings.CutSuffix(m.prefix, ".model."); ok && !m.missing(outer+"."+m.f.head+".weight") {
		m.f.head = outer + "." + m.f.head // a model within a model
	}
	noHead := m.missing(m.f.head + ".weight")
	if m.c.values["tie_word_embeddings"] == nil {
		return m.f.tied || noHead, nil
	}
	tied = m.c.boolean("tie_word_embeddings", false)
	if !tied && noHead {
		return false, contradiction(`"tie_word_embeddings" is false, but there is no tensor %q`, m.f.head+".weight")
	}
	return tied, m.c.err
}

func (m *mapper) missing(name string) bool {
	_, _, ok := m.set.Tensor(name)
	return !ok
}

func contradiction(format string, args ...any) error {
	return &errs.FormatError{Offset: -1, What: "config.json and the tensors contradict each other: " + fmt.Sprintf(format, args...)}
}

// rule maps one weight and its bias. base is the beginning of their names in the
// folder, block in GGUF.
func (m *mapper) rule(r rule, base, block string) error {
	end, to := ".weight", block+r.to+".weight"
	if r.bare {
		end, to = "", block+r.to
	}
	if first := r.source(0); r.optional && m.missing(m.stored(base+first+end)) {
		return nil
	}
	weights, biases := m.sources(r, base, end), m.sources(r, base, ".bias")
	for _, weight := range weights {
		if m.missing(weight) {
			return contradiction("there is no tensor %q, which a model of type %s with %s %d has", weight, m.f.name, m.c.names["num_hidden_layers"], m.c.sizes["num_hidden_layers"])
		}
	}
	if err := m.one(r, weights, to); err != nil || r.bare {
		return err
	}
	if !r.bias && m.missing(biases[0]) {
		return nil
	}
	for _, bias := range biases {
		if m.missing(bias) {
			return contradiction("there is no tensor %q, which a model of type %s has", bias, m.f.name)
		}
	}
	r.dims, r.out = r.change.biasOf(r.dims), r.change.biasOf(r.out)
	r.change.cols, r.change.transpose, r.change.plusOne = nil, false, false
	return m.one(r, biases, block+r.to+".bias")
}

// source returns the name of the nth tensor that a rule takes.
func (r rule) source(n int) string {
	if r.each == "" {
		return strings.Split(r.from, "+")[n]
	}
	return fmt.Sprintf(r.from, n)
}

// sources returns the names of the tensors that a rule takes, with their ends, as the
// folder has them.
func (m *mapper) sources(r rule, base, end string) []string {
	count := int64(1 + strings.Count(r.from, "+"))
	if r.each != "" {
		count = m.c.sizes[r.each]
	}
	names := make([]string, count)
	for i := range names {
		names[i] = m.stored(base + r.source(i) + end)
	}
	return names
}

// oldNames are the ends of names now, and what they were in files of BERT's time.
var oldNames = map[string]string{"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

// stored returns the old name of a tensor where the folder has it by that alone.
func (m *mapper) stored(name string) string {
	for now, old := range oldNames {
		if rest, ok := strings.CutSuffix(name, now); ok && m.missing(name) && !m.missing(rest+old) {
			return rest + old
		}
	}
	return name
}

// biasOf returns the shape of the bias of a matrix of a given shape.
func (c change) biasOf(dims string) string {
	comma := strings.LastIndex(dims, ",")
	switch {
	case comma < 0:
		return dims
	case c.transpose:
		return dims[comma+1:]
	}
	return dims[:comma]
}

// one maps one tensor, or several of the same shape that become one.
func (m *mapper) one(r rule, from []string, to string) error {
	if m.made[to] {
		return contradiction("tensor %q is one too many, of those that have its place in a model of type %s", from[0], m.f.name)
	}
	m.made[to] = true
	stored := m.c.shape(r.dims)
	parts := make(joined, len(from))
	first := 0 // the file of the first
	for i, name := range from {
		t, part, _ := m.set.Tensor(name)
		if i == 0 {
			first = part
		}
		m.used[name] = true
		if !slices.Equal(t.Shape, stored) {
			return contradiction("tensor %q in %s has the shape %d, but %s, which makes %d", name, m.set.Parts[part].Name, t.Shape, m.c.explain(r.dims), stored)
		}
		if i > 0 && t.DType != parts[0].DType {
			return fmt.Errorf("tensor %q: %w", name, &errs.UnsupportedError{What: fmt.Sprintf("values of type %s beside others of type %s in one matrix", t.DType, parts[0].DType)})
		}
		parts[i] = joint{t, &m.set.Parts[part]}
	}
	in, ok := types[parts[0].DType]
	if !ok {
		return fmt.Errorf("tensor %q: %w", from[0], &errs.UnsupportedError{What: fmt.Sprintf("values of type %s (F32, F16 and BF16 are supported)", parts[0].DType)})
	}
	shape := stored
	if r.out != "" {
		shape = m.c.shape(r.out)
	}
	shape = slices.Clone(shape)
	if !r.change.transpose {
		slices.Reverse(shape)
	}
	v := &view{change: r.change, c: m.c, in: in, out: in, n: 1, cols: int(shape[0]), read: parts.read, turned: &m.turned}
	for _, d := range shape[1:] {
		v.n *= int(d)
	}
	if len(shape) == 1 {
		v.n, v.cols = v.cols, 1
	}
	if len(shape) == 1 || len(stored) == 1 || r.change.f32 || r.change.plusOne {
		v.out = quant.F32
	}
	m.out = append(m.out, mapped{to, first, parts[0].Tensor, shape, v})
	return nil
}

// leftOver finds tensors that no rule has taken: more layers than config.json says,
// or something that the architecture hasn't.
func (m *mapper) leftOver() error {
	for _, name := range m.set.Names() {
		if !m.used[name] && !m.ignored(name) {
			return contradiction("tensor %q is not part of a model of type %s with %s %d", name, m.f.name, m.c.names["num_hidden_layers"], m.c.sizes["num_hidden_layers"])
		}
	}
	return nil
}

// buffers are the ends of names of tensors that old versions of transformers have
// stored though they follow from config.json: masks, angles and positions; and one of
// T5's that nothing uses.
var buffers = []string{".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq", "embeddings.position_ids",
	".EncDecAttention.relative_attention_bias.weight"}

func (m *mapper) ignored(name string) bool {
	for _, end := range buffers {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	for _, start := range m.f.ignore {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}

// each changes float32 values in place.
func each(raw []byte, f func(x float32) float32) {
	for ; len(raw) >= 4; raw = raw[4:] {
		x := f(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		binary.LittleEndian.PutUint32(raw, math.Float32bits(x))
	}
}
