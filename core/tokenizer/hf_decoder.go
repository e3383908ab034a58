package tokenizer

import "strings"

// decoder is a decoder of tokenizer.json in two halves: what a token stands for,
// and what is done to the text of all of them.
type decoder struct {
	token  textFunc
	finish textFunc
}

// decoders maps the types of decoder in tokenizer.json to their constructors.
// fused says that a step before has joined the tokens into one text.
// Source: huggingface/tokenizers, tokenizers/src/decoders.
var decoders map[string]func(o object, fused *bool) (decoder, error)

func init() {
	decoders = map[string]func(object, *bool) (decoder, error){
		"ByteLevel": func(_ object, fused *bool) (decoder, error) {
			return decoder{token: fromVisibleWhole}, nil
		},
		"ByteFallback": func(object, *bool) (decoder, error) {
			return decoder{token: func(t string) string {
				if b, ok := byteToken(t); ok {
					return b
				}
				return t
			}}, nil
		},
		"Fuse": func(_ object, fused *bool) (decoder, error) {
			*fused = true
			return decoder{}, nil
		},
		"Metaspace": func(o object, _ *bool) (decoder, error) {
			mark, scheme, err := metaspace(o)
			d := decoder{token: func(t string) string { return strings.ReplaceAll(t, mark, " ") }}
			if scheme != "never" {
				d.finish = func(s string) string { return strings.TrimPrefix(s, " ") }
			}
			return d, err
		},
		"WordPiece": newWordPieceDecoder,
		"BPEDecoder": func(o object, _ *bool) (decoder, error) {
			suffix := o.str("suffix", "</w>")
			if suffix == "" {
				return decoder{}, nil
			}
			return decoder{
				token:  func(t string) string { return strings.ReplaceAll(t, suffix, " ") },
				finish: func(s string) string { return strings.TrimSuffix(s, " ") },
			}, nil
		},
		"Strip": func(o object, fused *bool) (decoder, error) {
			content, start, stop := o.str("content", " "), int(o.int("start", 0)), int(o.int("stop", 0))
			return place1(*fused, func(s string) string {
				for i := 0; i < start && content != "" && strings.HasPrefix(s, content); i++ {
					s = s[len(content):]
				}
				for i := 0; i < stop && content != "" && strings.HasSuffix(s, content); i++ {
					s = s[:len(s)-len(content)]
				}
				return s
			}), nil
		},
		"Replace": func(o object, fused *bool) (decoder, error) {
			f, err := newReplace(o)
			return place1(*fused, f), err
		},
		"Sequence": func(o object, fused *bool) (decoder, error) {
			var tokens, finishes []textFunc
			for _, k := range o.objects("decoders") {
				d, err := newDecoder(k, fused)
				if err != nil {
					return decoder{}, err
				}
				if d.token != nil {
					tokens = append(tokens, d.token)
				}
				if d.finish != nil {
					finishes = append(finishes, d.finish)
				}
			}
			return decoder{chain(tokens), chain(finishes)}, nil
		},
	}
}

func place1(fused bool, f textFunc) decoder {
	if fused {
		return decoder{finish: f}
	}
	return decoder{token: f}
}

func newDecoder(o object, fused *bool) (decoder, error) {
	kind := o.str("type", "")
	f, ok := decoders[kind]
	if !ok {
		return decoder{}, unsupported(o.where+".type", kind, keys(decoders))
	}
	return f(o, fused)
}

// spacedDecoder is what stands for none: the tokens with spaces between them.
var spacedDecoder = decoder{
	token:  func(t string) string { return " " + t },
	finish: func(s string) string { return strings.TrimPrefix(s, " ") },
}

// wordPieceSigns are what loses the space before it, in one token.
var wordPieceSigns = strings.NewReplacer(" .", ".", " ?", "?", " !", "!", " ,", ",", " ' ", "'", " n't", "n't", " 'm", "'m", " do not", " don't", " 's", "'s", " 've", "'ve", " 're", "'re")

func newWordPieceDecoder(o object, _ *bool) (decoder, error) {
	prefix, clean := o.str("prefix", "##"), o.bool("cleanup", true)
	return decoder{
		token: func(t string) string {
			rest, inner := strings.CutPrefix(t, prefix)
			if !inner {
				rest = " " + t
			}
			if clean {
				rest = wordPieceSigns.Replace(rest)
			}
			return rest
		},
		finish: func(s string) string { return strings.TrimPrefix(s, " ") },
	}, nil
}

// fromVisibleWhole is fromVisible for tokens of visible bytes only; others are
// text.
func fromVisibleWhole(token string) string {
	for _, r := range token {
		if _, ok := runeByte[r]; !ok {
			return token
		}
	}
	return fromVisible(token)
}
