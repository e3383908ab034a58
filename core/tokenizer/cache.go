package tokenizer

// Words longer than this are not kept, nor more of them.
const (
	cachedLength = 64
	cachedWords  = 1 << 16
)

// encodeCached appends the ids of words, each of which is encoded once: texts
// repeat their words, and those that were encoded are found in ids.
func encodeCached(ids []int32, words []string, encode func([]int32, string) ([]int32, error)) ([]int32, error) {
	type span struct{ from, to int }
	var seen map[string]span
	if len(words) > 16 {
		seen = make(map[string]span, min(len(words)/4, cachedWords))
	}
	var err error
	for _, w := range words {
		if s, ok := seen[w]; ok {
			ids = append(ids, ids[s.from:s.to]...)
			continue
		}
		from := len(ids)
		if ids, err = encode(ids, w); err != nil {
			return nil, err
		}
		if seen != nil && len(w) <= cachedLength {
			if len(seen) >= cachedWords {
				clear(seen)
			}
			seen[w] = span{from, len(ids)}
		}
	}
	return ids, nil
}
