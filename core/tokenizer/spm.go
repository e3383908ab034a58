// SentencePiece BPE ("llama"): spaces are written ▁, the text is cut into
// characters, and the pair whose join has the best score is joined again and
// again. Characters that are no token become the tokens of their bytes.
// Source: Kudo and Richardson, arXiv:1808.06226; llama.cpp llm_tokenizer_spm.

package tokenizer

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/gander-lm/gander/core/gguf"
)

func init() { register("llama", newSPM) }

// spaceMark stands for a space in the vocabulary (U+2581).
const spaceMark = "▁"

type spm struct {
	*vocab
	cut       cutter
	scores    []float32
	byteIDs   [256]int32 // -1 without a token for the byte
	byteOf    map[int32]byte
	addPrefix bool
	frozen    *trie // symbols that are never joined nor cut; nil where they were taken out before
}

func newSPM(v *vocab, f *gguf.File) (coder, error) {
	s := &spm{vocab: v, addPrefix: true, byteOf: map[int32]byte{}}
	var err error
	for _, d := range []struct {
		to      *int32
		name    string
		missing int32
	}{{&v.unk, "unknown_token_id", 0}, {&v.bos, "bos_token_id", 1}, {&v.eos, "eos_token_id", 2}} {
		if *d.to, err = v.readID(f, d.name, d.missing); err != nil {
			return nil, err
		}
	}
	if v.eos >= 0 {
		v.ends[v.eos] = true
	}
	scores, ok := f.Floats("tokenizer.ggml.scores")
	if !ok || len(scores) != len(v.tokens) {
		return nil, formatError("%d tokens and %d scores", len(v.tokens), len(scores))
	}
	s.scores = make([]float32, len(scores))
	for i, x := range scores {
		if math.IsNaN(x) {
			return nil, formatError("token %d has no number as its score", i)
		}
		s.scores[i] = float32(x)
	}
	for b := range s.byteIDs {
		s.byteIDs[b] = -1
		if id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]; ok && v.types[id] == typeByte {
			s.byteIDs[b], s.byteOf[id] = id, byte(b)
		}
	}
	if b, ok := f.Bool("tokenizer.ggml.add_space_prefix"); ok {
		s.addPrefix = b
	}
	v.addRules(f, true)
	s.cut = newCutter(v)
	return s, nil
}

func (s *spm) finish(text string) string {
	if s.addPrefix {
		return strings.TrimPrefix(text, " ")
	}
	return text
}

func (s *spm) encode(ids []int32, text string, _ place) ([]int32, error) {
	if s.addPrefix {
		text = " " + text
	}
	text = strings.ReplaceAll(text, " ", spaceMark)
	var word string
	m := s.merger(&word)
	return encodeCached(ids, s.cut.words(text), func(ids []int32, w string) ([]int32, error) {
		word = w
		return s.word(ids, w, m)
	})
}

// merger returns a merger for symbols of word.
func (s *spm) merger(word *string) *merger {
	return &merger{join: func(l, r *symbol) (int32, float32, bool) {
		id, ok := s.ids[(*word)[l.start:r.end]]
		if !ok || s.frozen != nil && (l.frozen || r.frozen || s.types[id] != typeNormal) {
			return 0, 0, false
		}
		return id, -s.scores[id], true
	}}
}

func (s *spm) word(ids []int32, w string, m *merger) ([]int32, error) {
	m.symbols = m.symbols[:0]
	for i := 0; i < len(w); {
		if s.frozen != nil {
			if end, id := s.frozen.longest(w, i); id >= 0 {
				m.symbols = append(m.symbols, symbol{start: i, end: end, id: id, frozen: true})
				i = end
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(w[i:])
		id, ok := s.ids[w[i:i+n]]
		if !ok || s.frozen != nil && s.types[id] != typeNormal {
			id = -1
		}
		m.symbols = append(m.symbols, symbol{start: i, end: i + n, id: id})
		i += n
	}
	m.run()
	for i := 0; i >= 0 && i < len(m.symbols); i = m.symbols[i].next {
		y := m.symbols[i]
		if y.id >= 0 {
			ids = append(ids, y.id)
			continue
		}
		for _, b := range []byte(w[y.start:y.end]) {
			id := s.byteIDs[b]
			if id < 0 {
				id = s.unk
			}
			if id < 0 {
				return nil, formatError("the vocabulary has no token for byte 0x%02X and none for what is unknown", b)
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (s *spm) bytes(id int32) string {
	if b, ok := s.byteOf[id]; ok {
		return string([]byte{b})
	}
	return strings.ReplaceAll(s.tokens[id], spaceMark, " ")
}
