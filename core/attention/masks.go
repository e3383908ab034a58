package attention

// Masks for Options.AttentionMask, as [queries, keys] written out. Options has the
// first three as fields, which cost no memory; these are to look at, and to combine
// with And into masks of any form.

// CausalMask lets a query see the keys up to its own position, that of the first
// query being first: a lower triangle.
func CausalMask(queries, keys, first int) []bool {
	return written(&Options{UseCausalMask: true}, queries, keys, first)
}

// WindowMask lets a query see the keys fewer than window positions away, before
// and behind it. Longformer's w is 2*window-1. 0 is no limit.
func WindowMask(queries, keys, first, window int) []bool {
	return written(&Options{Window: window}, queries, keys, first)
}

// PaddingMask lets every query see the keys that are words, as keyMask [keys] says.
func PaddingMask(queries int, keyMask []bool) []bool {
	m := make([]bool, 0, queries*len(keyMask))
	for range queries {
		m = append(m, keyMask...)
	}
	return m
}

// And lets a query see what all masks let it see. They are of the same length.
func And(mask []bool, more ...[]bool) ([]bool, error) {
	all := append([]bool(nil), mask...)
	for _, m := range more {
		if len(m) != len(all) {
			return nil, bad("AttentionMask", "%d and %d values", len(all), len(m))
		}
		for i, see := range m {
			all[i] = all[i] && see
		}
	}
	return all, nil
}

func written(o *Options, queries, keys, first int) []bool {
	m := make([]bool, queries*keys)
	for q := range queries {
		from, to := o.visible(first+q, keys)
		for k := from; k < to; k++ {
			m[q*keys+k] = true
		}
	}
	return m
}
