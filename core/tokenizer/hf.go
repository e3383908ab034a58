package tokenizer

import (
	"fmt"
	"slices"
)

// Hints is what the other files of a model's folder say about its tokenizer. The
// zero value is fine.
type Hints struct {
	Config        []byte  // tokenizer_config.json, nil if there is none
	SpecialTokens []byte  // special_tokens_map.json, nil if there is none; asked where Config is silent
	Ends          []int32 // further ids that end a generation (eos_token_id of config.json and generation_config.json)
	BOS           []int32 // bos_token_id of config.json, if no file names the text of BOS; at most one
	Size          int     // rows of the embedding matrix; ids between the tokenizer's and these are unused tokens
}

// FromJSON makes the tokenizer of a tokenizer.json of Hugging Face. A file that
// contradicts itself is an *errs.FormatError; a normalizer, pre-tokenizer, model,
// post-processor, decoder or regular expression that is not known an
// *errs.UnsupportedError. What is read is not kept.
// Source: huggingface/tokenizers, the Rust crate's serialisation.
func FromJSON(tokenizer []byte, h Hints) (*Tokenizer, error) {
	t, err := fromJSON(tokenizer, h)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func fromJSON(tokenizer []byte, h Hints) (*Tokenizer, error) {
	o, err := readObject(tokenizer, "tokenizer.json")
	if err != nil {
		return nil, err
	}
	config, err := readHints(h)
	if err != nil {
		return nil, err
	}
	model, ok := o.object("model")
	if !ok {
		return nil, formatError("tokenizer.json has no model")
	}
	kind := hfModelType(model)
	construct, ok := hfModels[kind]
	if !ok {
		return nil, unsupported("tokenizer.json.model.type", kind, keys(hfModels))
	}
	list, ok := model.fields["vocab"].(entries)
	if !ok || list.scored != (kind == "Unigram") {
		return nil, formatError("the vocabulary of tokenizer.json is missing or not one of %s", kind)
	}
	added := append(readAdded(o.objects("added_tokens")), config.added...)
	v, rules, err := hfVocab(list.list, added, h.Size)
	if err != nil {
		return nil, err
	}
	p := &pipeline{vocab: v, clean: config.clean}
	v.decodeAll = true
	if err := p.read(o, model, construct); err != nil {
		return nil, err
	}
	if post, ok := o.object("post_processor"); ok {
		a, err := newPostProcessor(post, v)
		if err != nil {
			return nil, err
		}
		v.before, v.after = a.before, a.after
	}
	if o.r.err != nil {
		return nil, o.r.err
	}
	p.addSpecials(added, rules)
	if err := config.apply(v, h); err != nil {
		return nil, err
	}
	v.finish()
	return &Tokenizer{v, p, kind}, nil
}

// read makes the parts of a pipeline but for the post-processor.
func (p *pipeline) read(o, model object, construct func(object, *vocab, bool) (wordEncoder, error)) error {
	var err error
	if n, ok := o.object("normalizer"); ok {
		if p.normalize, err = newNormalizer(n); err == nil {
			err = checkGrowth(n, "normalizers")
		}
		if err != nil {
			return err
		}
	}
	bytes := false
	if pre, ok := o.object("pre_tokenizer"); ok {
		if p.cut, bytes, err = byteLast(pre); err != nil {
			return err
		}
		if !bytes {
			if p.cut, err = newPreTokenizer(pre); err != nil {
				return err
			}
		}
	}
	if p.words, err = construct(model, p.vocab, bytes); err != nil {
		return err
	}
	p.decoder = spacedDecoder
	if d, ok := o.object("decoder"); ok {
		fused := false
		if p.decoder, err = newDecoder(d, &fused); err == nil {
			err = checkGrowth(d, "decoders")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addedToken is an entry of added_tokens.
type addedToken struct {
	text       string
	id         int32
	special    bool
	normalized bool
	rule       stripRule
}

func readAdded(list []object) []addedToken {
	out := make([]addedToken, 0, len(list))
	for _, o := range list {
		out = append(out, addedToken{o.str("content", ""), o.int("id", 0), o.bool("special", false), o.bool("normalized", false),
			stripRule{o.bool("lstrip", false), o.bool("rstrip", false), o.bool("single_word", false)}})
	}
	return out
}

// sparseIDs is how many ids a vocabulary may leave out for each that it has: a
// bound on the memory that a small file can ask for.
const sparseIDs = 16

// hfVocab puts the tokens of a model and those that were added in the order of
// their ids. Ids that none has are unused tokens without text.
func hfVocab(list []entry, added []addedToken, size int) (*vocab, map[int32]stripRule, error) {
	count := 0
	for _, e := range list {
		count = max(count, int(e.id)+1)
	}
	for _, a := range added {
		count = max(count, int(a.id)+1)
	}
	if count == 0 {
		return nil, nil, formatError("the vocabulary is empty")
	}
	if limit := sparseIDs*(len(list)+len(added)) + 1024; count > limit {
		return nil, nil, formatError("a token has id %d, in a vocabulary of %d", count-1, len(list)+len(added))
	}
	if size > maxTokens {
		return nil, nil, formatError("%d rows of embeddings", size)
	}
	count = max(count, size)
	tokens, types := make([]string, count), slices.Repeat([]int64{typeUnused}, count)
	byText := make(map[string]int32, len(list))
	for _, e := range list {
		if other, twice := byText[e.text]; twice {
			return nil, nil, formatError("token %q is there twice, as %d and %d", e.text, other, e.id)
		}
		if types[e.id] != typeUnused {
			return nil, nil, formatError("tokens %q and %q have the same id %d", tokens[e.id], e.text, e.id)
		}
		tokens[e.id], types[e.id], byText[e.text] = e.text, typeNormal, e.id
	}
	rules := map[int32]stripRule{}
	for i, a := range added {
		if id, ok := byText[a.text]; ok {
			added[i].id = id // as the models' own library does
		} else if types[a.id] != typeUnused {
			return nil, nil, formatError("tokens %q and %q have the same id %d", tokens[a.id], a.text, a.id)
		}
		if a.text == "" {
			return nil, nil, formatError("added token %d has no text", a.id)
		}
		id := added[i].id
		tokens[id], types[id], byText[a.text] = a.text, typeUserDefined, id
		if a.special {
			types[id] = typeControl
		}
		if a.rule != (stripRule{}) {
			rules[id] = a.rule
		}
	}
	v, err := newVocab(tokens, types)
	return v, rules, err
}

// maxTokens is more than any vocabulary has.
const maxTokens = 1 << 24

// addSpecials makes the finders of added tokens, in the text as it is and as it is
// normalised.
func (p *pipeline) addSpecials(added []addedToken, rules map[int32]stripRule) {
	var raw, normal []int32
	for _, a := range added {
		if a.normalized && p.normalize != nil {
			normal = append(normal, a.id)
		} else {
			raw = append(raw, a.id)
		}
	}
	p.vocab.specials = newSpecials(p.vocab, raw, p.vocab.Piece)
	p.vocab.specials.strip = rules
	if len(normal) > 0 {
		p.texts = map[int32]string{}
		for _, id := range normal {
			p.texts[id] = p.normalize(p.tokens[id])
		}
		p.normalized = newSpecials(p.vocab, normal, func(id int32) string { return p.texts[id] })
		p.normalized.strip = rules
	}
}
