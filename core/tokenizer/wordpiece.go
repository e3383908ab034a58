// WordPiece ("bert"): text is normalised and cut into words and signs; each word
// becomes the longest tokens that it is made of from its beginning on, or the
// unknown token. In GGUF, tokens that begin a word start with ▁ and the others
// don't; in vocab.txt and tokenizer.json the others start with ##.
// Source: Devlin et al., arXiv:1810.04805, and tokenization.py of that work;
// llama.cpp llm_tokenizer_wpm.

package tokenizer

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/gander-lm/gander/core/gguf"
)

func init() { register("bert", newWordPiece) }

// wordPiece finds the tokens of words.
type wordPiece struct {
	starts, rest *trie // tokens that begin a word and those that don't, without marks
	unk          int32
	maxLength    int // characters; a longer word is unknown. 0: no limit
}

func newWordPieces(v *vocab, startMark, restMark string, maxLength int) *wordPiece {
	var starts, rest []string
	var startIDs, restIDs []int32
	for id, t := range v.tokens {
		switch {
		case restMark != "" && strings.HasPrefix(t, restMark):
			rest, restIDs = append(rest, t[len(restMark):]), append(restIDs, int32(id))
		case startMark == "" || strings.HasPrefix(t, startMark):
			starts, startIDs = append(starts, t[len(startMark):]), append(startIDs, int32(id))
		default:
			rest, restIDs = append(rest, t), append(restIDs, int32(id))
		}
	}
	return &wordPiece{newTrie(starts, startIDs), newTrie(rest, restIDs), v.unk, maxLength}
}

// word appends the tokens of a word.
func (p *wordPiece) word(ids []int32, w string) ([]int32, error) {
	known := len(ids)
	if p.maxLength == 0 || len(w) <= p.maxLength || len([]rune(w)) <= p.maxLength {
		find := p.starts
		for i := 0; ; find = p.rest {
			if i == len(w) {
				return ids, nil
			}
			end, id := find.longest(w, i)
			if id < 0 {
				break
			}
			ids, i = append(ids, id), end
		}
	}
	if p.unk < 0 {
		return nil, formatError("the vocabulary has no tokens for %q and none for what is unknown", w)
	}
	return append(ids[:known], p.unk), nil
}

// bert is the coder of "bert" vocabularies.
type bert struct {
	*vocab
	pieces    *wordPiece
	normalize bertNormalizer
}

func newWordPiece(v *vocab, f *gguf.File) (coder, error) {
	b := &bert{vocab: v, normalize: bertNormalizer{clean: true, chinese: true, lower: true}}
	var err error
	var sep int32
	if v.bos, err = v.readID(f, "cls_token_id", 101); err != nil {
		return nil, err
	}
	if v.bos, err = v.readID(f, "bos_token_id", v.bos); err != nil {
		return nil, err
	}
	if v.unk, err = v.readID(f, "unknown_token_id", 100); err != nil {
		return nil, err
	}
	// The key is misspelt in all files.
	if sep, err = v.readID(f, "seperator_token_id", 102); err != nil {
		return nil, err
	}
	if v.bos < 0 || sep < 0 || v.unk < 0 {
		return nil, formatError("a bert vocabulary without [CLS], [SEP] or [UNK]")
	}
	v.before, v.after = []int32{v.bos}, []int32{sep}
	if lower, ok := f.Bool("tokenizer.ggml.normalizer.lowercase"); ok {
		b.normalize.lower = lower
	}
	b.normalize.strip = b.normalize.lower
	if strip, ok := f.Bool("tokenizer.ggml.normalizer.strip_accents"); ok {
		b.normalize.strip = strip
	}
	b.pieces = newWordPieces(v, spaceMark, "", 0)
	return b, nil
}

func (b *bert) encode(ids []int32, text string, _ place) ([]int32, error) {
	return encodeCached(ids, splitBert(nil, b.normalize.apply(text)), b.pieces.word)
}

func (b *bert) bytes(id int32) string { return strings.ReplaceAll(b.tokens[id], spaceMark, " ") }

func (b *bert) finish(text string) string { return cleanUp(text) }

// bertNormalizer is BasicTokenizer of BERT without the cutting.
type bertNormalizer struct{ clean, chinese, strip, lower bool }

func (n bertNormalizer) apply(text string) string {
	if n.strip {
		text = norm.NFD.String(text)
	}
	var b strings.Builder
	b.Grow(len(text) + 8)
	for _, r := range text {
		switch {
		case n.clean && (r == 0 || r == unicode.ReplacementChar || isControl(r)):
			continue
		case n.clean && unicode.IsSpace(r):
			r = ' '
		case n.strip && unicode.Is(unicode.Mn, r):
			continue
		case n.chinese && isChinese(r):
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
			continue
		}
		if n.lower {
			writeLower(&b, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isControl: \p{C} but for the three that count as space.
func isControl(r rune) bool {
	if r == '\t' || r == '\n' || r == '\r' {
		return false
	}
	return unicode.IsOneOf([]*unicode.RangeTable{unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs}, r)
}

// writeLower writes a letter in small, which is two characters for İ.
func writeLower(b *strings.Builder, r rune) {
	if r == 'İ' {
		b.WriteString("i\u0307")
		return
	}
	b.WriteRune(unicode.ToLower(r))
}

// isChinese says whether BERT puts spaces around a character: the CJK ideographs.
func isChinese(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F ||
		r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}

// splitBert appends the words of a text, which end at spaces, and its signs, each
// alone.
func splitBert(words []string, text string) []string {
	from := 0
	for i := 0; i < len(text); {
		c, n := classAt(text, i)
		sign := c&punct != 0 || text[i] < 0x7F && c&symbolic != 0
		if c&space != 0 || sign {
			if from < i {
				words = append(words, text[from:i])
			}
			if sign {
				words = append(words, text[i:i+n])
			}
			from = i + n
		}
		i += n
	}
	if from < len(text) {
		words = append(words, text[from:])
	}
	return words
}
