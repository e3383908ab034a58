package tokenizer

import "strings"

// wordEncoder appends the ids of words.
type wordEncoder func(ids []int32, words []string) ([]int32, error)

// hfModels maps the types of model in tokenizer.json to their constructors.
// bytes says that words are text whose bytes are to be written visibly.
// Source: huggingface/tokenizers, tokenizers/src/models.
var hfModels = map[string]func(o object, v *vocab, bytes bool) (wordEncoder, error){
	"BPE": newHFBPE, "Unigram": newHFUnigram, "WordPiece": newHFWordPiece, "WordLevel": newHFWordLevel,
}

// hfModelType returns model.type, or what its fields say in files without one.
func hfModelType(o object) string {
	missing := "WordLevel"
	switch vocab, _ := o.fields["vocab"].(entries); {
	case o.has("merges"):
		missing = "BPE"
	case vocab.scored:
		missing = "Unigram"
	case o.has("max_input_chars_per_word"):
		missing = "WordPiece"
	}
	return o.str("type", missing)
}

// unknown finds model.unk_token.
func (v *vocab) unknown(o object) error {
	text := o.str("unk_token", "")
	if text == "" {
		return nil
	}
	id, ok := v.ids[text]
	if !ok {
		return formatError("%s.unk_token, %q, is not in the vocabulary", o.where, text)
	}
	v.setUnknown(id)
	return nil
}

func (v *vocab) setUnknown(id int32) {
	v.unk = id
	if v.types[id] == typeNormal {
		v.types[id] = typeUnknown
	}
}

func newHFBPE(o object, v *vocab, bytes bool) (wordEncoder, error) {
	if o.num("dropout", 0) != 0 {
		return nil, unsupported(o.where+".dropout", "other than 0", []string{"0"})
	}
	if err := v.unknown(o); err != nil {
		return nil, err
	}
	b := &bpe{vocab: v, fuse: o.bool("fuse_unk", false), ignoreMerges: o.bool("ignore_merges", false),
		prefix: o.str("continuing_subword_prefix", ""), suffix: o.str("end_of_word_suffix", "")}
	list, ok := o.fields["merges"].(mergeList)
	if !ok {
		return nil, formatError("%s.merges is missing", o.where)
	}
	b.merges = make(merges, len(list))
	for _, m := range list {
		if err := b.addMerge(m[0], m[1]); err != nil {
			return nil, err
		}
	}
	if o.bool("byte_fallback", false) {
		b.fallback, _ = byteTokens(v)
	}
	if bytes && b.prefix == "" && b.suffix == "" {
		if ids := visibleBytes(v); complete(ids) {
			b.byteIDs = ids
			return b.encodeWords, nil
		}
	}
	if bytes { // some bytes are unknown
		return func(ids []int32, words []string) ([]int32, error) {
			for i, w := range words {
				words[i] = toVisible(w)
			}
			return b.encodeWords(ids, words)
		}, nil
	}
	if b.ignoreMerges || b.fuse && (b.fallback == nil || !complete(b.fallback)) || b.prefix != "" || b.suffix != "" {
		return b.encodeWords, nil
	}
	cut := newCutter(v)
	return func(ids []int32, words []string) ([]int32, error) {
		if len(words) == 1 {
			words = cut.words(words[0])
		}
		return b.encodeWords(ids, words)
	}, nil
}

func complete(ids *[256]int32) bool {
	for _, id := range ids {
		if id < 0 {
			return false
		}
	}
	return true
}

func newHFUnigram(o object, v *vocab, bytes bool) (wordEncoder, error) {
	list := o.fields["vocab"].(entries).list
	scores := make([]float64, len(v.tokens))
	types := make([]int64, len(v.tokens))
	for i := range types {
		types[i] = typeControl // added tokens are not in the lattice
	}
	for i, e := range list {
		scores[i], types[i] = e.score, typeNormal
	}
	if o.has("unk_id") {
		id := o.int("unk_id", 0)
		if int(id) >= len(list) {
			return nil, formatError("%s.unk_id is %d, in a vocabulary of %d", o.where, id, len(list))
		}
		v.setUnknown(id)
	}
	// In the lattice all entries of the model are alike.
	lattice := *v
	lattice.types = types
	u, err := newUnigram(&lattice, scores, nil)
	if err != nil {
		return nil, err
	}
	if o.bool("byte_fallback", false) {
		if ids, _ := byteTokens(v); ids != nil && complete(ids) {
			u.fallback = ids
		}
	}
	return func(ids []int32, words []string) ([]int32, error) {
		var room []best
		return encodeCached(ids, words, func(ids []int32, w string) ([]int32, error) {
			if bytes {
				w = toVisible(w)
			}
			ids, room = u.encode(ids, w, room)
			return ids, nil
		})
	}, nil
}

func newHFWordPiece(o object, v *vocab, bytes bool) (wordEncoder, error) {
	if err := v.unknown(o); err != nil {
		return nil, err
	}
	limit := o.int("max_input_chars_per_word", 100)
	p := newWordPieces(v, "", o.str("continuing_subword_prefix", "##"), max(1, int(limit)))
	return eachWord(bytes, p.word), nil
}

func newHFWordLevel(o object, v *vocab, bytes bool) (wordEncoder, error) {
	if err := v.unknown(o); err != nil {
		return nil, err
	}
	return eachWord(bytes, func(ids []int32, w string) ([]int32, error) {
		id, ok := v.ids[w]
		if !ok {
			id = v.unk
		}
		if id < 0 {
			return nil, formatError("the vocabulary has no token for %q and none for what is unknown", w)
		}
		return append(ids, id), nil
	}), nil
}

func eachWord(bytes bool, word func([]int32, string) ([]int32, error)) wordEncoder {
	return func(ids []int32, words []string) ([]int32, error) {
		return encodeCached(ids, words, func(ids []int32, w string) ([]int32, error) {
			if bytes {
				w = toVisible(w)
			}
			return word(ids, w)
		})
	}
}

// pipeline is the coder of a tokenizer.json.
type pipeline struct {
	*vocab
	normalize  textFunc
	normalized *specials        // tokens that are looked for in the normalised text; may be nil
	texts      map[int32]string // what those are decoded to: their normalised text
	cut        preStep
	words      wordEncoder
	decoder    decoder
	clean      bool // clean_up_tokenization_spaces
}

func (p *pipeline) encode(ids []int32, text string, at place) ([]int32, error) {
	if p.normalize != nil {
		text = p.normalize(text)
	}
	if text == "" {
		return ids, nil
	}
	parts := []piece{{text, -1}}
	if p.normalized != nil {
		parts = p.normalized.partition(text, at.parse)
	}
	for i, part := range parts {
		if part.id >= 0 {
			ids = append(ids, part.id)
			continue
		}
		words := []string{part.text}
		var err error
		if p.cut != nil {
			if words, err = p.cut(words, at.first && i == 0); err != nil {
				return nil, err
			}
		}
		if ids, err = p.words(ids, words); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (p *pipeline) bytes(id int32) string {
	token, ok := p.texts[id]
	if !ok {
		token = p.tokens[id]
	}
	if p.decoder.token == nil {
		return token
	}
	return p.decoder.token(token)
}

// hfSigns are the spaces that clean_up_tokenization_spaces takes out.
var hfSigns = []*strings.Replacer{signs, apostrophe, strings.NewReplacer(" n't", "n't"), strings.NewReplacer(" 'm", "'m"),
	strings.NewReplacer(" 's", "'s"), strings.NewReplacer(" 've", "'ve"), strings.NewReplacer(" 're", "'re")}

func (p *pipeline) finish(text string) string {
	if p.decoder.finish != nil {
		text = p.decoder.finish(text)
	}
	if p.clean {
		for _, r := range hfSigns {
			text = r.Replace(text)
		}
	}
	return text
}
