package core

// lookup finds where the end of a text has occurred before in it, for the tokens
// that followed there are a guess at what comes next.
// Saxena, "Prompt Lookup Decoding", 2023, https://github.com/apoorvumang/prompt-lookup-decoding.
//
// An occurrence that was found is followed as long as it agrees with the text, as
// the match model of Mahoney's PAQ does: the longer it has agreed, the likelier it
// goes on. Then the last three tokens are looked up, and if that fails, the last
// two. A token costs a few operations and no memory beyond the text.
type lookup struct {
	tokens []int32
	recent [len(orders)][]int32 // by hash of the last tokens: the latest position after them; 0: none
	shift  uint                 // of a hash to an index
	source int                  // position of the token that is expected next; 0: none
	agreed int                  // how many tokens before source are those at the end of the text, perhaps more
}

// orders are how many tokens are looked up, longest first.
var orders = [...]int{3, 2}

// Limits of the table's entries, as powers of two, and of how far back an
// occurrence is compared when it is found, in tokens.
const (
	minTableBits = 6
	maxTableBits = 16
	maxAgreed    = 32
)

// newLookup returns a lookup for a text of at most capacity tokens, empty yet.
func newLookup(capacity int) *lookup {
	bits := uint(minTableBits)
	for bits < maxTableBits && 1<<bits < capacity {
		bits++
	}
	l := &lookup{tokens: make([]int32, 0, min(capacity, defaultContext)), shift: 32 - bits}
	for i := range l.recent {
		l.recent[i] = make([]int32, 1<<bits)
	}
	return l
}

// add appends a token to the text. It says what came of the guess, if there was
// one: agreed is how long the occurrence had agreed, hit whether it did again.
func (l *lookup) add(id int32) (agreed int, hit bool) {
	if l.source > 0 {
		agreed, hit = l.agreed, l.tokens[l.source] == id
	}
	l.tokens = append(l.tokens, id)
	if hit {
		l.source++
		l.agreed++
	} else {
		l.source, l.agreed = 0, 0
	}
	for i, n := range orders {
		if len(l.tokens) < n {
			continue
		}
		entry := &l.recent[i][hash(l.tokens[len(l.tokens)-n:])>>l.shift]
		if l.source == 0 && *entry > 0 {
			l.follow(int(*entry), n)
		}
		*entry = int32(len(l.tokens))
	}
	return agreed, hit
}

// follow takes up the occurrence that ends before position at, if its last n
// tokens are those of the text; another pair may have had the same hash.
func (l *lookup) follow(at, n int) {
	end, k := len(l.tokens), 0
	for k < min(at, maxAgreed) && l.tokens[at-1-k] == l.tokens[end-1-k] {
		k++
	}
	if k >= n {
		l.source, l.agreed = at, k
	}
}

// guess appends n expected tokens to dst; there must be a source. One that is
// nearer to the end of the text than n is a loop, which goes on.
func (l *lookup) guess(dst []int32, n int) []int32 {
	first := len(dst)
	for i := range n {
		if p := l.source + i; p < len(l.tokens) {
			dst = append(dst, l.tokens[p])
		} else {
			dst = append(dst, dst[first+p-len(l.tokens)])
		}
	}
	return dst
}

// hash mixes a few tokens; its high bits are the good ones. The factor is
// 2³² divided by the golden ratio (Knuth, The Art of Computer Programming, §6.4).
func hash(ids []int32) uint32 {
	h := uint32(0)
	for _, id := range ids {
		h = (h ^ uint32(id)) * 0x9e3779b1
		h ^= h >> 15
	}
	return h * 0x9e3779b1
}
