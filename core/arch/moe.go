package arch

import (
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// mixture is a block's feed-forward network of many, the experts, of which a router
// chooses a few for each token; their outputs are added, weighted by how much the
// router prefers them.
// Shazeer et al., "Outrageously Large Neural Networks", arXiv:1701.06538, §2; with
// gated experts, Jiang et al., "Mixtral of Experts", arXiv:2401.04088, §2.1.
type mixture struct {
	Router nn.Linear  `gguf:"ffn_gate_inp" dim:"experts,hidden"`
	GateUp nn.Experts `gguf:"ffn_gate_exps+ffn_up_exps,alt:ffn_gate_up_exps" dim:"experts,expert+expert,hidden"`
	Down   nn.Experts `gguf:"ffn_down_exps" dim:"experts,hidden,expert"`
}

// Mixture is the sizes of a mixture of experts.
type Mixture struct {
	NumExperts  int // expert_count; 0 without a mixture
	ExpertsUsed int // expert_used_count: by each token
	ExpertSize  int // expert_feed_forward_length: hidden values of an expert
	SharedSize  int // expert_shared_feed_forward_length: of the expert that all tokens use; 0 without

	// KeepSoftmax takes the weights from a softmax over all experts as they are. Usually
	// they are scaled to the sum 1, which makes them the softmax over the chosen ones.
	KeepSoftmax bool

	expertSplit, sharedSplit shard.Split // of the hidden values
}

// mixture reads the sizes. size is that of an expert where the file doesn't say it.
func (k *keys) mixture(c *Config, size int) {
	const most = 1 << 12
	m := &c.Mixture
	m.NumExperts = k.size("expert_count", 0, most)
	m.ExpertsUsed = k.size("expert_used_count", 0, most)
	m.ExpertSize = k.size("expert_feed_forward_length", max(1, size), maxWidth)
	if m.ExpertsUsed > m.NumExperts {
		k.fail("%d of %d experts are to be used", m.ExpertsUsed, m.NumExperts)
	}
	for _, name := range []string{"expert_weights_scale", "expert_group_count"} {
		if x := k.number(name, 0); x != 0 && x != 1 && k.err == nil {
			k.err = &errs.UnsupportedError{What: fmt.Sprintf("metadata key %q", k.prefix+name)}
		}
	}
	m.expertSplit = shard.Divide(m.ExpertSize, kernel.RowMultiple, c.group.Size())
}

// shared reads the size of the expert that all tokens use, def if the file has none.
func (k *keys) shared(c *Config, def int) {
	c.SharedSize = k.size("expert_shared_feed_forward_length", def, maxWidth)
	c.sharedSplit = divideValues(c.SharedSize, c.group.Size())
}

// feedForward writes the network's output over its input h, of any number of rows.
// An expert meets all tokens that chose it at once.
func (f *mixture) feedForward(ctx *nn.Context, c *Config, r *routing, h []float32) {
	n := len(h) / c.HiddenSize
	if n == 0 {
		return
	}
	ctx.Input(h, n)
	logits := ctx.Floats(nn.BufferProj, n*c.NumExperts)
	f.Router.Forward(ctx, logits)
	r.choose(logits, c)

	pairs, own := len(r.tokens), c.expertSplit.Of(c.group.Rank()).Len()
	hidden := ctx.Part(nn.BufferMixed, pairs, c.expertSplit)
	r.each(func(expert, from, to int) {
		if n > 1 {
			x := ctx.Floats(nn.BufferExpert, (to-from)*c.HiddenSize)
			for i, t := range r.tokens[from:to] {
				copy(x[i*c.HiddenSize:(i+1)*c.HiddenSize], h[int(t)*c.HiddenSize:])
			}
			ctx.Input(x, to-from)
		}
		gateUp := ctx.Floats(nn.BufferProj, (to-from)*f.GateUp.Rows())
		f.GateUp.Forward(ctx, expert, gateUp)
		c.Gate(hidden[from*own:to*own], gateUp, to-from)
	})

	hidden = ctx.Whole(nn.BufferMixed, pairs, c.expertSplit)
	split := f.Down.Split()
	own = split.Of(c.group.Rank()).Len()
	out := ctx.Part(nn.BufferProj, pairs, split)
	r.each(func(expert, from, to int) {
		ctx.Input(hidden[from*c.ExpertSize:to*c.ExpertSize], to-from)
		f.Down.Forward(ctx, expert, out[from*own:to*own])
	})
	out = ctx.Whole(nn.BufferProj, pairs, split)
	clear(h)
	for i, weight := range r.weights {
		t, row := i/c.ExpertsUsed, int(r.rows[i])
		kernel.Axpy(h[t*c.HiddenSize:(t+1)*c.HiddenSize], weight, out[row*c.HiddenSize:(row+1)*c.HiddenSize])
	}
}

// routing is which experts the tokens of a batch chose. Choices are numbered token by
// token, the best first; their rows are those of the experts' values, expert by expert.
type routing struct {
	chosen  []int32   // by choice: the expert
	weights []float32 // by choice
	rows    []int32   // by choice
	tokens  []int32   // by row
	first   []int32   // [experts+1], the first row of each
}

// choose fills the routing from logits [tokens, experts], which it overwrites.
func (r *routing) choose(logits []float32, c *Config) {
	r.chosen, r.weights = r.chosen[:0], r.weights[:0]
	for at := 0; at < len(logits); at += c.NumExperts {
		row := logits[at : at+c.NumExperts]
		if c.KeepSoftmax {
			kernel.Softmax(row)
		}
		from := len(r.chosen)
		for range c.ExpertsUsed {
			best := r.best(row, r.chosen[from:])
			r.chosen = append(r.chosen, best)
			r.weights = append(r.weights, row[best])
		}
		if !c.KeepSoftmax {
			kernel.Softmax(r.weights[from:])
		}
	}
	r.sort(c)
}

// best returns the expert with the largest value that isn't chosen yet; of equal
// ones, and if there are only NaN, the first.
func (r *routing) best(row []float32, chosen []int32) int32 {
	best, most := int32(-1), float32(math.Inf(-1))
next:
	for e, x := range row {
		if best >= 0 && !(x > most) {
			continue
		}
		for _, c := range chosen {
			if int(c) == e {
				continue next
			}
		}
		best = int32(e)
		if x == x {
			most = x
		}
	}
	return best
}

// sort gives each choice its row.
func (r *routing) sort(c *Config) {
	if n := len(r.chosen); cap(r.rows) < n {
		r.rows, r.tokens = make([]int32, n), make([]int32, n)
	}
	r.rows, r.tokens = r.rows[:len(r.chosen)], r.tokens[:len(r.chosen)]
	if r.first == nil {
		r.first = make([]int32, c.NumExperts+1)
	}
	clear(r.first)
	for _, e := range r.chosen {
		r.first[e+1]++
	}
	for e := range c.NumExperts {
		r.first[e+1] += r.first[e]
	}
	for i, e := range r.chosen { // the first row becomes that behind the last one: the next expert's
		r.rows[i] = r.first[e]
		r.tokens[r.first[e]] = int32(i / c.ExpertsUsed)
		r.first[e]++
	}
	copy(r.first[1:], r.first)
	r.first[0] = 0
}

// each calls f for the experts that were chosen, with their rows.
func (r *routing) each(f func(expert, from, to int)) {
	for e := range len(r.first) - 1 {
		if from, to := int(r.first[e]), int(r.first[e+1]); from < to {
			f(e, from, to)
		}
	}
}
