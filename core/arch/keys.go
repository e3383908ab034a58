package arch

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

// keys reads an architecture's keys and keeps the first error.
type keys struct {
	f      *gguf.File
	prefix string
	err    error

	varying map[string]bool // keys with a value for each layer, not all the same, that only size has asked for
}

func (k *keys) fail(format string, args ...any) {
	if k.err == nil {
		k.err = &errs.FormatError{Offset: -1, What: fmt.Sprintf(format, args...)}
	}
}

// size returns an integer from 1 to most; def if the key is absent, where 0
// means that it must be there. Of an array, which has a value for each layer, it is
// the largest; New refuses the file unless layers is asked for the others.
func (k *keys) size(name string, def, most int) int {
	key := k.prefix + name
	if all, ok := k.f.Ints(key); ok && len(all) > 0 {
		return k.largest(name, all, most)
	}
	if _, ok := k.f.Value(key); !ok && def != 0 {
		return def
	}
	n, ok := k.f.Uint(key)
	if !ok {
		k.fail("metadata key %q is missing or no integer", key)
		return 1
	}
	if n == 0 || n > uint64(most) {
		k.fail("metadata key %q is %d; 1 to %d is possible", key, n, most)
		return 1
	}
	return int(n)
}

func (k *keys) largest(name string, all []int64, most int) int {
	if n := slices.Min(all); n < 0 {
		k.fail("metadata key %q has the value %d", k.prefix+name, n)
	}
	n := slices.Max(all)
	if n < 1 || n > int64(most) {
		k.fail("metadata key %q is at most %d; 1 to %d is possible", k.prefix+name, n, most)
		return 1
	}
	if slices.Min(all) != n {
		if k.varying == nil {
			k.varying = map[string]bool{}
		}
		k.varying[name] = true
	}
	return int(n)
}

// layers returns the value of each of n layers of a key that size was asked for: one
// value in the file is that of all.
func (k *keys) layers(name string, n, value int) []int {
	delete(k.varying, name)
	out := make([]int, n)
	all, ok := k.f.Ints(k.prefix + name)
	if ok && len(all) < n {
		k.fail("metadata key %q has %d values for %d layers", k.prefix+name, len(all), n)
		ok = false
	}
	for i := range out {
		out[i] = value
		if ok {
			out[i] = int(all[i])
		}
	}
	return out
}

// refuseVarying fails on the keys that differ from layer to layer where the
// architecture has not asked for layers.
func (k *keys) refuseVarying() {
	for _, name := range slices.Sorted(maps.Keys(k.varying)) {
		if k.err == nil {
			k.err = &errs.UnsupportedError{What: fmt.Sprintf("metadata key %q with different values for the layers", k.prefix+name)}
		}
	}
}

// refuseAhead fails on a file that wants queries to see later positions where the
// architecture doesn't do that, or the reverse.
func (k *keys) refuseAhead(c *Config) {
	if causal := !c.Encoder; k.flag("attention.causal", causal) != causal && k.err == nil {
		what := "attention to later positions"
		if c.Encoder {
			what = "an encoder without attention to later positions"
		}
		k.err = &errs.UnsupportedError{What: fmt.Sprintf("metadata key %q: %s", k.prefix+"attention.causal", what)}
	}
}

// number returns a finite number, def if the key is absent.
func (k *keys) number(name string, def float64) float64 {
	key := k.prefix + name
	if _, ok := k.f.Value(key); !ok {
		return def
	}
	x, ok := k.f.Float(key)
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		k.fail("metadata key %q is no finite number", key)
		return def
	}
	return x
}

// scale returns a number that is not zero, 0 if the key is absent.
func (k *keys) scale(name string) float32 {
	x := k.number(name, 0)
	if _, ok := k.f.Value(k.prefix + name); ok && x == 0 {
		k.fail("metadata key %q is 0", k.prefix+name)
	}
	return float32(x)
}

// base returns a positive number, def if the key is absent.
func (k *keys) base(name string, def float64) float64 {
	x := k.number(name, def)
	if x <= 0 {
		k.fail("metadata key %q is not positive", k.prefix+name)
		return def
	}
	return x
}

// cap returns the bound of a soft cap, 0 for none.
func (k *keys) cap(name string, def float64) float32 {
	x := k.number(name, def)
	if x < 0 {
		k.fail("metadata key %q is negative", k.prefix+name)
	}
	return float32(x)
}

// flag returns a truth value, def if the key is absent.
func (k *keys) flag(name string, def bool) bool {
	key := k.prefix + name
	if _, ok := k.f.Value(key); !ok {
		return def
	}
	b, ok := k.f.Bool(key)
	if !ok {
		k.fail("metadata key %q is no truth value", key)
	}
	return b
}

// windows sets the windows of some layers: those that the file names, in an array
// of truth values or by the period of the pattern, and without that those of the
// pattern as it is. def is the length of the windows where the file has none, 0 for
// no windows.
func (k *keys) windows(c *Config, def int, p pattern) {
	window := def
	if _, ok := k.f.Value(k.prefix + "attention.sliding_window"); ok {
		window = k.size("attention.sliding_window", 0, math.MaxInt32)
	}
	local := p.local
	key := k.prefix + "attention.sliding_window_pattern"
	if _, ok := k.f.Value(key); ok {
		if period, ok := k.f.Uint(key); ok && period > 0 {
			local = pattern{period, p.first}.local
		} else if layers, ok := k.f.Bools(key); ok && len(layers) >= c.NumLayers {
			local = func(layer int) bool { return layers[layer] }
		} else {
			k.fail("metadata key %q is neither a period nor a truth value for each of %d layers", key, c.NumLayers)
			return
		}
	}
	for i := range c.Layers {
		if local(i) {
			c.Layers[i].Window = window
		}
	}
}

// pattern is which layers have windows: all but one of each period, its last or its
// first.
type pattern struct {
	period uint64
	first  bool
}

// everyBut returns the pattern of all layers but the last of each period.
func everyBut(period uint64) pattern { return pattern{period, false} }

// everyButFirst returns the pattern of all layers but the first of each period.
func everyButFirst(period uint64) pattern { return pattern{period, true} }

func (p pattern) local(layer int) bool {
	if p.first {
		return uint64(layer)%p.period != 0
	}
	return uint64(layer)%p.period != p.period-1
}

// token returns a token's number, of a vocabulary of so many; without the key the first.
func (k *keys) token(name string, vocab int) int32 {
	id := k.number(name, 0)
	if id < 0 || id >= float64(vocab) || id != math.Trunc(id) {
		k.fail("metadata key %q is %v, no token of %d", k.prefix+name, id, vocab)
		return 0
	}
	return int32(id)
}
