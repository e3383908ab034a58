package tokenizer

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// charsMap is the precompiled_charsmap of SentencePiece: replacements of
// characters and short sequences of them, found by a double-array trie.
//
// Layout: the trie's size in bytes (uint32), the trie (uint32 units), and the
// replacements, each ended by a zero byte. A unit has the byte that leads to it
// in bits 0 to 7, whether a value hangs on it in bit 8, and the offset to its
// children in bits 10 to 30, times 256 if bit 9 is set; bit 31 marks a value.
// Source: sentencepiece src/normalizer.cc (PrecompiledCharsMap) and the
// darts-clone library that it uses.
type charsMap struct {
	units        []uint32
	replacements string
}

// newCharsMap checks and reads a precompiled_charsmap; an empty one is nil.
func newCharsMap(data []byte) (*charsMap, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < 4 {
		return nil, formatError("a precompiled_charsmap of %d bytes", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	if size%4 != 0 || uint64(size) > uint64(len(data)-4) {
		return nil, formatError("a precompiled_charsmap of %d bytes with a trie of %d", len(data), size)
	}
	m := &charsMap{units: make([]uint32, size/4), replacements: string(data[4+size:])}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	if len(m.units) == 0 {
		return nil, nil
	}
	if n := len(m.replacements); n == 0 || m.replacements[n-1] != 0 {
		return nil, formatError("the replacements of precompiled_charsmap don't end in a zero byte")
	}
	return m, nil
}

// growth is at most how many times as long the map makes a text.
func (m *charsMap) growth() float64 {
	most := len("\uFFFD") // for a byte that is no character
	if m != nil {
		for r := range strings.SplitSeq(m.replacements, "\x00") {
			most = max(most, len(r))
		}
	}
	return float64(most)
}

// find returns the replacement of the longest sequence at text[i] that has one,
// and the end of the sequence; ok is false if there is none. Places outside of
// the trie, which only a broken one names, end the search.
func (m *charsMap) find(text string, i int) (replacement string, end int, ok bool) {
	at := m.units[0] >> 10 << (m.units[0] & (1 << 9) >> 6)
	for j := i; j < len(text) && text[j] != 0; j++ {
		at ^= uint32(text[j])
		if int(at) >= len(m.units) {
			break
		}
		unit := m.units[at]
		if unit&(1<<31|0xFF) != uint32(text[j]) {
			break
		}
		at ^= unit >> 10 << (unit & (1 << 9) >> 6)
		if int(at) >= len(m.units) {
			break
		}
		if unit>>8&1 == 0 {
			continue
		}
		offset := m.units[at] &^ (1 << 31)
		if int(offset) >= len(m.replacements) {
			break
		}
		replacement, _, _ = strings.Cut(m.replacements[offset:], "\x00")
		end, ok = j+1, true
	}
	return replacement, end, ok
}

// apply replaces what can be replaced. A byte that is not UTF-8 becomes U+FFFD. A
// nil map changes nothing else.
func (m *charsMap) apply(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i := 0; i < len(text); {
		if m != nil {
			if replacement, end, ok := m.find(text, i); ok {
				b.WriteString(replacement)
				i = end
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		b.WriteRune(r)
		i += n
	}
	return b.String()
}
