package tokenizer

import (
	"fmt"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
)

// preType is a value of tokenizer.ggml.pre: the expressions that cut text into
// words, one after the other, and what else goes with the name.
type preType struct {
	patterns     []string
	ignoreMerges bool // a word that is a token is taken whole
	addBOS       bool // unless the file says otherwise
	clean        bool // decoding takes out spaces before signs
	unescaped    bool // tokens are text with ▁ for spaces, not visible bytes
}

// preTypes are the known values of tokenizer.ggml.pre.
// Source of names, expressions and rules: llama.cpp src/llama-vocab.cpp.
var preTypes = map[string]preType{}

// preNames registers a preType under several names.
func preNames(t preType, names ...string) {
	for _, n := range names {
		preTypes[n] = t
	}
}

// Parts of expressions below.
const (
	asciiSigns  = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]"
	deepSeekV3  = asciiSigns + `[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*` + spaces
	cjk         = `[一-龥぀-ゟ゠-ヿ]+`
	bloom       = ` ?[^(\s|.,!?…。，、।۔،)]+`
	lines       = `[^\n]+|[\n]+`
	deepSeekLLM = `[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\x{1F7D}ᾀ-ᾴᾶ-ᾼ\x{1FBE}ῂ-ῄῆ-ῌῐ-\x{1FD3}ῖ-\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+`
)

func init() {
	gpt2 := preType{patterns: []string{patternGPT2}, clean: true}
	digits := preType{patterns: []string{`\p{N}`, patternGPT2}, clean: true}
	llama3 := preType{patterns: []string{patternLlama3}, ignoreMerges: true, addBOS: true, clean: true}
	qwen2 := preType{patterns: []string{patternQwen2}}
	o200k := preType{patterns: []string{patternO200K}}
	v3 := preType{patterns: []string{`\p{N}{1,3}`, cjk, deepSeekV3}}
	dirty := func(t preType) preType { t.clean = false; return t }
	clean := func(t preType) preType { t.clean = true; return t }

	preNames(preType{patterns: []string{`[\p{P}\$\+<=>\^~\|]+`, patternGPT2, `\p{N}+`, `[0-9][0-9][0-9]`}, clean: true}, "default")
	preNames(gpt2, "gpt-2", "phi-2", "olmo", "mpt", "jais", "exaone4", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code",
		"gigachat", "a.x-4.0", "mellum", "modern-bert", "roberta-bpe")
	preNames(dirty(gpt2), "trillion", "granite-docling")
	preNames(preType{patterns: []string{"[\\p{P}\\$\\+<=>\\^~\\|`]+", patternGPT2, `[0-9][0-9][0-9]`}, clean: true}, "falcon")
	preNames(digits, "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2")
	preNames(dirty(digits), "command-r", "smollm")
	preNames(llama3, "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano")
	preNames(preType{patterns: llama3.patterns, clean: true}, "smaug-bpe", "dbrx", "glm4", "chatglm-bpe")
	preNames(preType{patterns: []string{`\p{N}{1,3}`, contraction + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+` + signsAndSpaces}, ignoreMerges: true, clean: true}, "minicpm5")
	preNames(qwen2, "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "solar-open", "grok-2")
	preNames(clean(qwen2), "stablelm2", "megrez")
	preNames(preType{patterns: []string{patternQwen35}}, "qwen35")
	preNames(preType{patterns: []string{lines, patternQwen2}}, "laguna")
	preNames(preType{patterns: []string{`[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}` + signsAndSpaces}}, "ufakzeka")
	preNames(preType{patterns: []string{`'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`}}, "bailingmoe", "bailingmoe2", "llada-moe")
	preNames(preType{patterns: []string{contraction + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+` + spaces}}, "seed-coder")
	preNames(preType{patterns: []string{contraction + `|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`}, clean: true}, "exaone-moe")
	preNames(preType{patterns: []string{contraction + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}`}, clean: true}, "jais-2")
	preNames(preType{patterns: []string{patternTekken}, ignoreMerges: true, addBOS: true}, "tekken")
	preNames(o200k, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2")
	preNames(preType{patterns: []string{strings.ReplaceAll(patternO200K, `(?=[\p{L}])`, `(?=[\p{L}\p{M}])`)}, ignoreMerges: true}, "granite-embed-multi-97m")
	preNames(preType{patterns: []string{patternThousands, patternO200KClass}}, "tiny_aya", "cohere2moe")
	preNames(preType{patterns: []string{`[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|` + cjk, strings.Replace(patternO200KClass, `\p{N}{1,3}`, `\p{N}`, 1)}, ignoreMerges: true}, "youtu")
	preNames(v3, "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4")
	preNames(preType{patterns: []string{`\p{N}{1,3}`, cjk, asciiSigns + `[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+`, `\p{N}`}}, "spark2_5")
	preNames(preType{patterns: []string{`[\r\n]`, `\s?` + deepSeekLLM, `\s?[!-/:-~！-／：-～‘-‟　-。]+`, `\s+$`, `[一-龥ࠀ-一가-퟿]+`, `\p{N}+`}}, "deepseek-llm")
	preNames(preType{patterns: []string{`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, `[一-龥ࠀ-一가-퟿]+`, `\p{N}`}}, "deepseek-coder")
	preNames(preType{patterns: []string{bloom}}, "poro-chat")
	preNames(preType{patterns: []string{bloom}, clean: true}, "bloom", "gpt3-finnish")
	preNames(preType{patterns: []string{bloom, `\p{N}`}}, "viking")
	preNames(preType{patterns: []string{`<sentinel:[0-9]+>`, `(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z`, `([\t\n]|    |  )`, `\p{N}`, "[\\p{P}!-/:-@\\[-`{-~]", patternGPT2}, addBOS: true}, "chameleon")
	preNames(preType{patterns: []string{lines}, clean: true, unescaped: true}, "gemma4", "granite-embed-multi-311m")
	preNames(preType{patterns: []string{lines}, unescaped: true}, "sarvam-moe")
}

// steps returns the functions of a preType's expressions.
func (t preType) steps() ([]step, error) { return compileSteps(t.patterns...) }

// compileSteps returns the functions of expressions.
func compileSteps(patterns ...string) ([]step, error) {
	var steps []step
	for _, p := range patterns {
		match, fast := fastSteps[p]
		if !fast {
			var err error
			if match, err = compileRegex(p); err != nil {
				return nil, err
			}
		}
		steps = append(steps, match)
	}
	return steps, nil
}

// findPreType looks a name up; a missing one is "default", as in llama.cpp.
func findPreType(name string) (preType, error) {
	if name == "" {
		name = "default"
	}
	t, ok := preTypes[name]
	if !ok {
		return t, unsupported("tokenizer.ggml.pre", name, keys(preTypes))
	}
	return t, nil
}

// unsupported says which values would have been known.
func unsupported(what, name string, known []string) error {
	return &errs.UnsupportedError{What: fmt.Sprintf("%s %q (supported are %s)", what, name, strings.Join(known, ", "))}
}

func keys[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}
