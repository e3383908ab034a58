// SentencePiece models (tokenizer.model, spiece.model): a vocabulary with scores
// and the rules for writing text with it, as a protocol buffer.
// Source: google/sentencepiece, src/sentencepiece_model.proto, normalizer.cc,
// bpe_model.cc and unigram_model.cc.

package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// FromSentencePiece makes the tokenizer of a SentencePiece model of type BPE or
// Unigram. BOS is added, unless the hints say otherwise. A broken file is an
// *errs.FormatError, another type an *errs.UnsupportedError.
func FromSentencePiece(model []byte, h Hints) (*Tokenizer, error) {
	t, err := fromSentencePiece(model, h)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

// Values of TrainerSpec.ModelType.
const (
	modelUnigram = 1
	modelBPE     = 2
)

func fromSentencePiece(model []byte, h Hints) (*Tokenizer, error) {
	m, err := readSentencePiece(model)
	if err != nil {
		return nil, err
	}
	config, err := readHints(h)
	if err != nil {
		return nil, err
	}
	v, rules, err := m.vocab(config.added, h.Size)
	if err != nil {
		return nil, err
	}
	v.decodeAll = true
	s := &sentencePiece{vocab: v, model: m, users: newSpecials(v, m.userIDs(), v.Piece).always}
	if s.charsmap, err = newCharsMap(m.charsmap); err != nil {
		return nil, err
	}
	kind := map[int]string{modelUnigram: "Unigram", modelBPE: "BPE"}[m.modelType]
	switch m.modelType {
	case modelUnigram:
		scores := make([]float64, len(v.tokens))
		for id, p := range m.pieces {
			scores[id] = float64(p.score)
		}
		// A symbol of the user's is better than all ways to write it otherwise.
		s.unigram, err = newUnigram(v, scores, func(n int, best float64) float64 { return float64(n)*best - 0.1 })
		if err != nil {
			return nil, err
		}
		s.unigram.single = true
		if m.byteFallback {
			s.unigram.fallback, s.byteOf = m.bytes(v)
		}
	case modelBPE:
		s.spm = &spm{vocab: v, frozen: s.users}
		for id := range v.tokens {
			score := float32(0)
			if id < len(m.pieces) {
				score = m.pieces[id].score
			}
			s.spm.scores = append(s.spm.scores, score)
		}
		for i := range s.spm.byteIDs {
			s.spm.byteIDs[i] = -1
		}
		if m.byteFallback {
			ids, of := m.bytes(v)
			if s.byteOf = of; ids != nil {
				s.spm.byteIDs = *ids
			}
		}
		s.cut = newCutter(v)
	default:
		return nil, unsupported("SentencePiece model_type", fmt.Sprint(m.modelType), []string{"1 (Unigram)", "2 (BPE)"})
	}
	v.setAround(true, false)
	if err := config.apply(v, h); err != nil {
		return nil, err
	}
	s.specials(config.added, rules)
	v.finish()
	return &Tokenizer{v, s, kind}, nil
}

// sentencePiece is the coder of a SentencePiece model.
type sentencePiece struct {
	*vocab
	model    *spModel
	charsmap *charsMap
	users    *trie // user-defined symbols: not normalised, and never cut
	byteOf   map[int32]byte
	unigram  *unigram // one of the two
	spm      *spm
	cut      cutter
}

// specials makes the finder of control tokens; user-defined symbols of the model
// are left to encode.
func (s *sentencePiece) specials(added []addedToken, rules map[int32]stripRule) {
	var ids []int32
	for id, p := range s.model.pieces {
		if p.kind == typeControl {
			ids = append(ids, int32(id))
		}
	}
	for _, a := range added {
		if int(a.id) >= len(s.model.pieces) {
			ids = append(ids, a.id)
		}
	}
	s.vocab.specials = newSpecials(s.vocab, ids, s.Piece)
	s.vocab.specials.strip = rules
}

// normalize is Normalizer::Normalize of SentencePiece.
func (s *sentencePiece) normalize(text string) string {
	m := s.model
	mark := " "
	if m.escape {
		mark = spaceMark
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/4 + 4)
	if !m.suffix && m.prefix {
		b.WriteString(mark)
	}
	// Spaces are held back where they don't count at the end.
	afterSpace, held, wrote := m.merge, 0, false
	for i := 0; i < len(text); {
		part, end := "", i
		if e, id := s.users.longest(text, i); id >= 0 {
			part, end = text[i:e], e
		} else if s.charsmap != nil {
			var ok bool
			if part, end, ok = s.charsmap.find(text, i); !ok {
				end = i
			}
		}
		if end == i {
			r, n := utf8.DecodeRuneInString(text[i:])
			part, end = text[i:i+n], i+n
			if r == utf8.RuneError && n == 1 {
				part = "\uFFFD"
			}
		}
		i = end
		for afterSpace && strings.HasPrefix(part, " ") {
			part = part[1:]
		}
		if part == "" {
			continue
		}
		afterSpace = m.merge && strings.HasSuffix(part, " ")
		for k := range len(part) {
			if part[k] == ' ' {
				held++
				continue
			}
			for ; held > 0; held-- {
				b.WriteString(mark)
			}
			b.WriteByte(part[k])
			wrote = true
		}
	}
	for ; held > 0 && !m.merge; held-- {
		b.WriteString(mark)
		wrote = true
	}
	if !wrote && m.merge {
		return ""
	}
	if m.suffix && m.prefix {
		b.WriteString(mark)
	}
	return b.String()
}

func (s *sentencePiece) encode(ids []int32, text string, _ place) ([]int32, error) {
	text = s.normalize(text)
	begin := len(ids)
	if s.unigram != nil {
		ids, _ = s.unigram.encode(ids, text, nil)
		return ids, nil
	}
	var word string
	m := s.spm.merger(&word)
	ids, err := encodeCached(ids, s.cut.words(text), func(ids []int32, w string) ([]int32, error) {
		word = w
		return s.spm.word(ids, w, m)
	})
	if err != nil {
		return nil, err
	}
	// Unknown characters in a row are one unknown token.
	out := ids[:begin]
	for i := begin; i < len(ids); i++ {
		if ids[i] != s.unk || i == begin || ids[i-1] != s.unk {
			out = append(out, ids[i])
		}
	}
	return out, nil
}

func (s *sentencePiece) bytes(id int32) string {
	if b, ok := s.byteOf[id]; ok {
		return string([]byte{b})
	}
	if id == s.unk {
		return s.model.unkSurface
	}
	return strings.ReplaceAll(s.tokens[id], spaceMark, " ")
}

func (s *sentencePiece) finish(text string) string {
	switch m := s.model; {
	case m.suffix && m.prefix:
		return strings.TrimSuffix(text, " ")
	case m.merge:
		text = strings.TrimLeft(text, " ")
		if unk := strings.TrimLeft(m.unkSurface, " "); unk != "" && strings.HasPrefix(text, unk) {
			text = m.unkSurface + text[len(unk):] // those spaces are no marks
		}
		return text
	case m.prefix:
		return strings.TrimPrefix(text, " ")
	}
	return text
}
