package tokenizer

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
)

// randomText has the characters that pre-tokenizers tell apart close together.
func randomText(r *rand.Rand, n int) string {
	parts := []string{"a", "b", "Z", "Q", "é", "É", "ß", "ǅ", "ʰ", "漢", "か", "1", "2", "34567", "٣", "½", " ", " ", "\n", "\r", "\t", "\u00a0", "'", "'s", "'LL", "'re", ".", ",", "/", "$", "+", "…", "。", "\u0301", "\u093f", "🙂", "\u200d", "\xff", "\xe8\x8b"}
	var b strings.Builder
	for range n {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// TestFastSteps holds the functions to the expressions that they stand for.
func TestFastSteps(t *testing.T) {
	texts := readOracle(t).Texts
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		texts = append(texts, randomText(r, 1+r.IntN(24)))
	}
	for pattern, fast := range fastSteps {
		slow, err := compileRegex(pattern)
		require.NoError(t, err)
		for _, text := range texts {
			want, err := split([]string{text}, []step{slow})
			require.NoError(t, err)
			got, err := split([]string{text}, []step{fast})
			require.NoError(t, err)
			require.Equal(t, want, got, "%s on %q", pattern, text)
		}
	}
}

// TestRegexAgainstGo compares with package regexp where both can.
func TestRegexAgainstGo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, pattern := range []string{
		`a|b|é`, `(?:a|b)+`, `[^\n\p{L}]?\p{L}+|\p{N}{1,3}`, `a*?b`, `a{2,3}?`, `(?i:'s|'t|'re|'ll)`, `[a-zÀ-ÿ]{2,}|\.`, `(ab|a)(c|bcd|b)?`, `[[a-c]Z]+`, `\bZ|\Ba`, `x*`, `(?:a|ab)(?:b|)`,
		`(?:1|2|(?:a|b){1,2})+,`, `[\d.]+`, `\x61|\x{e9}`, `.+`, `(?:a+|Q)+?b`,
	} {
		step, err := compileRegex(pattern)
		require.NoError(t, err, pattern)
		// \b and \d of package regexp are about ASCII only.
		std := regexp.MustCompile(`\A(?:` + strings.ReplaceAll(pattern, "[[a-c]Z]", "[a-cZ]") + `)`)
		for range 2000 {
			text := randomText(r, 1+r.IntN(10))
			if strings.ContainsAny(pattern, "bd") && strings.IndexFunc(text, func(r rune) bool { return r > 127 }) >= 0 {
				continue
			}
			want := 0
			if at := std.FindStringIndex(text); at != nil {
				want = at[1]
			}
			require.Equal(t, want, step(text, 0), "%s on %q", pattern, text)
		}
	}
}

// TestRegexBeyondGo has what package regexp lacks.
func TestRegexBeyondGo(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{`\s+(?!\S)|\s+`, "a   b", []string{"a", "  ", " ", "b"}},
		{`\d{1,3}(?=(?:\d{3})*\b)`, "1234567 12", []string{"1", "234", "567", " ", "12"}},
		{`(?<=a)b|(?<!a)c`, "abcac", []string{"a", "b", "c", "ac"}},
		{`a++b|a`, "aab", []string{"aab"}},
		{`(?>a|ab)c|b`, "abc", []string{"a", "b", "c"}},
		{`[\p{L}&&[^\p{Han}]]+`, "ab漢字c", []string{"ab", "漢字", "c"}},
		{`\p{Han}+|\P{Han}+`, "ab漢字c", []string{"ab", "漢字", "c"}},
		{`(?i)ab|c`, "xABC", []string{"x", "AB", "C"}},
		{`\p{^L}+`, "a12b", []string{"a", "12", "b"}},
	} {
		step, err := compileRegex(c.pattern)
		require.NoError(t, err, c.pattern)
		got, err := appendMatches(nil, c.text, step)
		require.NoError(t, err)
		assert.Equal(t, c.want, got, "%s on %q", c.pattern, c.text)
	}
}

func TestRegexRefuses(t *testing.T) {
	for _, pattern := range []string{`(`, `)`, `[`, `*`, `(?<name>a)`, `(?<=ab)c`, `(a*)*`, `\q`, `\p{Klingon}`, `[z-a]`, `(?:(?:ab){1000}c){99}`, `(?>(?>(?>ab){60}c){60}d){60}`, `(?=(?:(?=ab){1000}c){99})`, `a\`, "\xff", strings.Repeat("(", 200), `[[:alpha:]]`} {
		_, err := compileRegex(pattern)
		var ue *errs.UnsupportedError
		require.ErrorAs(t, err, &ue, pattern)
	}
}

// TestRegexGivesUp: an expression that takes exponential time is stopped.
func TestRegexGivesUp(t *testing.T) {
	step, err := compileRegex(`(?:a|a)+(?:a|a)+(?:a|aa)+b`)
	require.NoError(t, err)
	_, err = appendMatches(nil, strings.Repeat("a", 60), step)
	var ue *errs.UnsupportedError
	require.ErrorAs(t, err, &ue)
}

// TestReplaceGivesUp: a normalizer with such an expression does not begin anew at each character.
func TestReplaceGivesUp(t *testing.T) {
	replace, err := newReplace(object{fields: map[string]any{"pattern": map[string]any{"Regex": `(?:a|a)+(?:a|a)+(?:a|aa)+b`}, "content": "x"}})
	require.NoError(t, err)
	rest := strings.Repeat("a", 30000)
	require.True(t, "x"+rest == replace("aaab"+rest))
}

// TestPreTypes compiles all of them: a pattern that isn't known is found here.
func TestPreTypes(t *testing.T) {
	for name, pre := range preTypes {
		_, err := pre.steps()
		require.NoError(t, err, name)
	}
}

// FuzzRegex: no pattern makes the compiler or the matcher fail in another way
// than by an error, and matches lie in the text.
func FuzzRegex(f *testing.F) {
	for name, pre := range preTypes {
		f.Add(pre.patterns[0], name+" 12 x")
	}
	f.Add(`(?i:a{2,}?[^b-d&&\p{L}])++|(?<=x)$`, "xaabé\n")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		step, err := compileRegex(pattern)
		if err != nil {
			return
		}
		words, err := appendMatches(nil, text[:min(len(text), 200)], step)
		if err == nil {
			require.Equal(t, text[:min(len(text), 200)], strings.Join(words, ""))
		}
	})
}

// TestLongRuns: what takes quadratic time does not come to an end.
func TestLongRuns(t *testing.T) {
	blank := strings.Repeat(" \u00a0", 1<<18)
	got, err := split([]string{blank + "1\n" + blank}, []step{fastSteps[`\s+$`]})
	require.NoError(t, err)
	require.Equal(t, []string{blank + "1", "\n" + blank}, got)
	number := strings.Repeat("1234567", 1<<17)
	for text, words := range map[string]int{number + "x": 1, number: (len(number) + 2) / 3, "x" + number + "½": (len(number)+2)/3 + 2} {
		got, err := split([]string{text}, []step{matchThousands})
		require.NoError(t, err)
		require.Len(t, got, words)
		require.Equal(t, text, strings.Join(got, ""))
	}
}
