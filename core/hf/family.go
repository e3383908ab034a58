package hf

import (
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
)

// family is how the models of one architecture become GGUF. Each is registered,
// by the names in config.json's architectures, by a file of its own, with tables of
// its tensors.
type family struct {
	name     string   // general.architecture
	prefixes []string // what the names of the tensors begin with, in different versions
	head     string   // the output matrix, which may be tied to the embedding; whole name. Empty: there is none
	tied     bool     // whether it is, if config.json doesn't say
	ignore   []string // beginnings of whole names that are left out: other modalities

	keys   func(c *config) // sets the architecture's metadata
	once   []rule          // tensors that are there once; the first is the embedding
	stacks []stack
}

// stack is the tensors of a number of blocks.
type stack struct {
	from, to string // the beginning of their names in the folder, behind the prefix, and in GGUF, with %d for the block
	count    string // the size that says how many there are
	rules    []rule
}

// blocks is the only stack of a model.
func blocks(from string, rules []rule) []stack {
	return []stack{{from: from, to: "blk.%d.", count: "num_hidden_layers", rules: rules}}
}

// rule is how one tensor of a model, or several, become one of GGUF.
type rule struct {
	to   string // in GGUF, without block and .weight
	from string // in the folder, without prefix, block and .weight
	dims string // the shape, outermost first: sums of products of sizes, with commas between them
	out  string // the shape in GGUF, outermost first, where it is another

	// Tensors whose rows become those of one, in this order, have a + between their
	// names; or a %d in it, which counts up to the size that each names.
	each string

	change   change
	bare     bool // the names are whole: no .weight, and no bias
	bias     bool // there must be a bias; without it there may be one
	optional bool // the tensor may be absent
}

// change is what happens to a tensor's values on the way. The zero value leaves
// them as they are.
type change struct {
	rows      func(c *config, row int) int // the row that becomes row; nil if the order stays
	cols      func(c *config, col int) int // the same of columns
	transpose bool                         // stored as [input, output]
	plusOne   bool                         // stored less one
	minusExp  bool                         // stored as the logarithm of the negative
	f32       bool                         // a table that is always kept as float32
}

// table reads rules, one a line: the name in GGUF, that in the folder, the shape, and
// words for what else there is to a tensor. It panics on one that it doesn't know, which
// is a mistake in this package.
func table(text string) []rule {
	var rules []rule
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		r := rule{to: words[0], from: words[1], dims: words[2]}
		for _, word := range words[3:] {
			name, value, _ := strings.Cut(word, "=")
			switch name {
			case "bare":
				r.bare = true
			case "bias":
				r.bias = true
			case "optional":
				r.optional = true
			case "f32":
				r.change.f32 = true
			case "minusexp":
				r.change.minusExp = true
			case "transpose":
				r.change.transpose = true
			case "out":
				r.out = value
			case "each":
				r.each = value
			default:
				panic("hf: a rule for " + r.to + " with the word " + word)
			}
		}
		rules = append(rules, r)
	}
	return rules
}

// reorder sets the order of rows of some tensors, and returns all rules.
func reorder(rules []rule, rows func(c *config, row int) int, to ...string) []rule {
	for i := range rules {
		if slices.Contains(to, rules[i].to) {
			rules[i].change.rows = rows
		}
	}
	return rules
}

// biased says of some tensors that they must have a bias, and returns all rules.
func biased(rules []rule, to ...string) []rule {
	for i := range rules {
		rules[i].bias = rules[i].bias || slices.Contains(to, rules[i].to)
	}
	return rules
}

// without leaves out some tensors.
func without(rules []rule, to ...string) []rule {
	return slices.DeleteFunc(rules, func(r rule) bool { return slices.Contains(to, r.to) })
}

// families make the family of an architecture when it is needed.
var families = map[string]func() *family{}

// register adds a family under the names that config.json's architectures has for
// it; it panics on a duplicate, which is a mistake in this package.
func register(f func() *family, architectures ...string) {
	for _, a := range architectures {
		if families[a] != nil {
			panic("hf: " + a + " is registered twice")
		}
		families[a] = f
	}
}

// Architectures returns the names that are supported, sorted.
func Architectures() []string {
	names := make([]string, 0, len(families))
	for n := range families {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Architecture returns the architecture that a folder's config.json names, known or
// not; ok is false if it names none.
func Architecture(fsys fs.FS) (name string, ok bool) {
	values, err := files.ReadObject(fsys, ConfigName, maxJSON)
	if err != nil {
		return "", false
	}
	return architecture(values)
}

func architecture(c map[string]any) (name string, ok bool) {
	list, _ := c["architectures"].([]any)
	if len(list) == 0 {
		return "", false
	}
	return fmt.Sprint(list[0]), true
}

// familyOf returns the family of a model by its config.json.
func familyOf(c map[string]any) (*family, error) {
	name, ok := architecture(c)
	if !ok {
		return nil, &errs.FormatError{Offset: -1, What: `config.json: "architectures" is missing or empty`}
	}
	f, ok := families[name]
	if !ok {
		return nil, &errs.UnsupportedError{What: fmt.Sprintf("architecture %q of config.json (supported are %s)", name, strings.Join(Architectures(), ", "))}
	}
	return f(), nil
}
