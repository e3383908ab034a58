package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
)

// plain are options with every step off.
func plain() Options {
	return Options{Temperature: 1, TopP: 1, RepetitionPenalty: 1, PenaltyWindow: 64}
}

// TestRandVectors: splitmix64 as published with the seed 1234567 (Rosetta Code),
// xoshiro256** from the state 1, 2, 3, 4 (the reference C program).
func TestRandVectors(t *testing.T) {
	seed := uint64(1234567)
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		assert.Equal(t, want, splitmix64(&seed))
	}
	r := &Rand{s: [4]uint64{1, 2, 3, 4}}
	for _, want := range []uint64{11520, 0, 1509978240, 1215971899390074240} {
		assert.Equal(t, want, r.Uint64())
	}
}

// TestSteps: which candidates remain, worked out by hand from the probabilities
// 0.5, 0.25, 0.125, 0.0625, 0.0625 of tokens 3, 0, 4, 1, 2.
func TestSteps(t *testing.T) {
	ln2 := float32(math.Ln2)
	logits := []float32{4 * ln2, 2 * ln2, 2 * ln2, 5 * ln2, 3 * ln2}
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   []int32
	}{
		{"all, in order", func(*Options) {}, []int32{3, 0, 4, 1, 2}},
		{"top-k 1", func(o *Options) { o.TopK = 1 }, []int32{3}},
		{"top-k 4 takes the lower id of equals", func(o *Options) { o.TopK = 4 }, []int32{3, 0, 4, 1}},
		{"top-k beyond the vocabulary", func(o *Options) { o.TopK = 99 }, []int32{3, 0, 4, 1, 2}},
		{"top-p 0.5", func(o *Options) { o.TopP = 0.49 }, []int32{3}},
		{"top-p 0.74", func(o *Options) { o.TopP = 0.74 }, []int32{3, 0}},
		{"top-p 0.76", func(o *Options) { o.TopP = 0.76 }, []int32{3, 0, 4}},
		{"top-p tiny keeps the best", func(o *Options) { o.TopP = 1e-9 }, []int32{3}},
		{"min-p 0.2", func(o *Options) { o.MinP = 0.2 }, []int32{3, 0, 4}},
		{"min-p 1", func(o *Options) { o.MinP = 1 }, []int32{3}},
		{"top-p after temperature 0.5", func(o *Options) { o.Temperature = 0.5; o.TopP = 0.7 }, []int32{3}},   // 0.75, 0.19, …
		{"top-p after temperature 2", func(o *Options) { o.Temperature = 2; o.TopP = 0.6 }, []int32{3, 0, 4}}, // 0.34, 0.24, 0.17, …
		{"top-k then top-p", func(o *Options) { o.TopK = 2; o.TopP = 0.66 }, []int32{3}},                      // of the two 0.667
	} {
		t.Run(c.name, func(t *testing.T) {
			o := plain()
			c.change(&o)
			s, err := New(o)
			require.NoError(t, err)
			var got []int32
			for _, x := range kept(s, logits) {
				got = append(got, x.ID)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// TestFrequencies draws often and compares with the exact probabilities by χ².
func TestFrequencies(t *testing.T) {
	for _, temp := range []float64{0.7, 1, 1.5} {
		logits := []float32{1, 0, 2, -1, 0.5, 1.5}
		o := plain()
		o.Temperature, o.Seed = temp, 42
		s, err := New(o)
		require.NoError(t, err)
		const n = 60000
		count := make([]float64, len(logits))
		for range n {
			count[s.Sample(append([]float32(nil), logits...))]++
		}
		sum, chi := 0.0, 0.0
		for _, l := range logits {
			sum += math.Exp(float64(l) / temp)
		}
		for i, l := range logits {
			want := n * math.Exp(float64(l)/temp) / sum
			chi += (count[i] - want) * (count[i] - want) / want
		}
		assert.Less(t, chi, 20.5, "temperature %v: the 99.9 %% point of χ² with 5 degrees of freedom", temp)
	}
}

// kept returns the candidates that a sampler's steps leave.
func kept(s *Sampler, logits []float32) []Candidate {
	var list []Candidate
	for id, l := range logits {
		list = append(list, Candidate{int32(id), l})
	}
	for _, st := range s.steps {
		list = st.apply(list)
	}
	return list
}

// TestManySmallProbabilities: those at the end of a large vocabulary count, though each is less
// than what a float32 near 1 can tell. What they have together is not the last one's.
func TestManySmallProbabilities(t *testing.T) {
	const n, small = 1 << 17, 2e-8
	logits := make([]float32, n)
	for i := range logits[1:] {
		logits[1+i] = float32(math.Log(small))
	}
	const rest = small * (n - 1) / (1 + small*(n-1)) // 0.0026
	o := plain()
	for seed, found := uint64(0), 0; found < 20; seed++ {
		u := float64(NewRand(seed).Float32()) - (1 - rest)
		if u < rest/10 || u > rest*9/10 {
			continue
		}
		found++
		o.Seed = seed
		s, err := New(o)
		require.NoError(t, err)
		require.InDelta(t, u/rest*n, s.Sample(slices.Clone(logits)), n/100, "seed %d", seed)
	}
	o.TopP = 1 - rest/2
	s, err := New(o)
	require.NoError(t, err)
	require.InDelta(t, n/2, len(kept(s, logits)), n/100)
}

func TestGreedy(t *testing.T) {
	nan := float32(math.NaN())
	o := plain()
	o.Temperature = 0
	s, err := New(o)
	require.NoError(t, err)
	assert.Equal(t, int32(2), s.Sample([]float32{1, nan, 3, 3}))
	assert.Equal(t, int32(0), s.Sample([]float32{nan, nan}))
}

func TestSpecialLogits(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, temp := range []float64{1e-30, 0.5, 1, 2, 1e30} {
		o := Defaults()
		o.Temperature = temp
		for seed := range uint64(20) {
			o.Seed = seed
			s, err := New(o)
			require.NoError(t, err)
			assert.Equal(t, int32(1), s.Sample([]float32{nan, 2, -inf, nan}), "NaN and -Inf are never drawn")
			assert.Equal(t, int32(2), s.Sample([]float32{1, nan, inf, 5}), "+Inf always, at temperature %v", temp)
			assert.Equal(t, int32(0), s.Sample([]float32{nan, nan}))
		}
	}
}

func TestPenalties(t *testing.T) {
	o := plain()
	o.RepetitionPenalty, o.FrequencyPenalty, o.PresencePenalty, o.PenaltyWindow = 2, 0.5, 0.25, 3
	p := newPenalties(&o)
	for _, id := range []int32{0, 1, 2, 2, 99} { // the window holds 2, 2, 99
		p.accept(id)
	}
	logits := []float32{1, 1, 4, -1}
	p.apply(logits)
	assert.Equal(t, []float32{1, 1, 4.0/2 - 2*0.5 - 0.25, -1}, logits)
	p.accept(3) // 2, 99, 3
	p.apply(logits)
	assert.Equal(t, []float32{1, 1, 0.75/2 - 0.5 - 0.25, -1*2 - 0.5 - 0.25}, logits)
	off := plain()
	assert.Nil(t, newPenalties(&off))

	o.PenaltyWindow = math.MaxInt // the whole text, of which there is memory for what is there
	p = newPenalties(&o)
	for range 1000 {
		p.accept(1)
	}
	p.apply(logits)
	assert.Len(t, p.window, 1000)
	assert.Equal(t, float32(1.0/2-1000*0.5-0.25), logits[1])
}

func TestSameSeedSameTokens(t *testing.T) {
	draw := func(seed uint64) (ids []int32) {
		o := Defaults()
		o.Seed = seed
		s, err := New(o)
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			logits := make([]float32, 300)
			for i := range logits {
				logits[i] = float32(r.NormFloat64())
			}
			ids = append(ids, s.Sample(logits))
		}
		return ids
	}
	assert.Equal(t, draw(7), draw(7))
	assert.NotEqual(t, draw(7), draw(8))
}

func TestTopKAgainstSort(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n := 1 + r.IntN(4*radixMin)
		list := make([]Candidate, n)
		for i := range list {
			list[i] = Candidate{int32(i), float32(r.IntN(50))}
		}
		want := append([]Candidate(nil), list...)
		sort.SliceStable(want, func(i, j int) bool { return want[i].Logit > want[j].Logit })
		k := 1 + r.IntN(n)
		require.Equal(t, want[:k], (&topK{k: k}).apply(list))
	}
}

// TestSortAgainstComparisons: also of numbers that compare equal and have other bits, of
// infinities and of the smallest numbers.
func TestSortAgainstComparisons(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	inf := float32(math.Inf(1))
	special := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.MaxFloat32, -math.MaxFloat32}
	var order sorter
	for _, n := range []int{0, 1, 2, radixMin - 1, radixMin, radixMin + 1, 3 * radixMin, 20000, radixMin} {
		list := make([]Candidate, n)
		for i := range list {
			list[i] = Candidate{int32(i), float32(r.NormFloat64() * 10)}
			if r.IntN(4) == 0 {
				list[i].Logit = special[r.IntN(len(special))]
			}
		}
		want := append([]Candidate{}, list...)
		sort.SliceStable(want, func(i, j int) bool { return want[i].Logit > want[j].Logit })
		order.sort(list)
		require.Equal(t, want, list)
	}
}

// BenchmarkSample is a token of a large vocabulary, without top-k.
func BenchmarkSample(b *testing.B) {
	for _, topP := range []float64{1, 0.9} {
		b.Run(fmt.Sprintf("topP%v", topP), func(b *testing.B) {
			s, err := New(Options{Temperature: 0.8, TopP: topP, RepetitionPenalty: 1, PenaltyWindow: 64})
			require.NoError(b, err)
			r := rand.New(rand.NewPCG(11, 12))
			logits := make([]float32, 151936)
			for i := range logits {
				logits[i] = float32(r.NormFloat64())
			}
			for b.Loop() {
				s.Sample(logits)
			}
		})
	}
}

// TestBestAgainstSort takes the best of large vocabularies, with equals, NaN and infinities.
func TestBestAgainstSort(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		logits := make([]float32, 1+r.IntN(20000))
		var want []Candidate
		for i := range logits {
			logits[i] = float32(r.IntN(3000))
			switch r.IntN(40) {
			case 0:
				logits[i] = float32(math.NaN())
			case 1:
				logits[i] = float32(math.Inf(-1))
			case 2:
				logits[i] = float32(math.Inf(1))
			}
			if logits[i] > float32(math.Inf(-1)) {
				want = append(want, Candidate{int32(i), logits[i]})
			}
		}
		sort.SliceStable(want, func(i, j int) bool { return want[i].Logit > want[j].Logit })
		k := 1 + r.IntN(100)
		require.Equal(t, want[:min(k, len(want))], Best(logits, k))
	}
	require.Empty(t, Best([]float32{float32(math.Inf(-1)), float32(math.NaN())}, 3))
}

func TestBadOptions(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		option string
		change func(*Options)
	}{
		{"temperature", func(o *Options) { o.Temperature = -1 }},
		{"temperature", func(o *Options) { o.Temperature = nan }},
		{"temperature", func(o *Options) { o.Temperature = inf }},
		{"topK", func(o *Options) { o.TopK = -1 }},
		{"topP", func(o *Options) { o.TopP = 0 }},
		{"topP", func(o *Options) { o.TopP = 1.1 }},
		{"topP", func(o *Options) { o.TopP = nan }},
		{"minP", func(o *Options) { o.MinP = -0.1 }},
		{"minP", func(o *Options) { o.MinP = 2 }},
		{"repetitionPenalty", func(o *Options) { o.RepetitionPenalty = 0 }},
		{"frequencyPenalty", func(o *Options) { o.FrequencyPenalty = inf }},
		{"presencePenalty", func(o *Options) { o.PresencePenalty = nan }},
		{"penaltyWindow", func(o *Options) { o.PenaltyWindow = -1 }},
	} {
		o := Defaults()
		c.change(&o)
		_, err := New(o)
		var oe *errs.OptionError
		require.ErrorAs(t, err, &oe)
		assert.Equal(t, c.option, oe.Option)
	}
	o := Defaults()
	require.NoError(t, o.Validate())
}

func TestNoAllocation(t *testing.T) {
	for _, topK := range []int{Defaults().TopK, 0} {
		noAllocation(t, topK)
	}
}

func noAllocation(t *testing.T, topK int) {
	o := Defaults()
	o.RepetitionPenalty, o.TopK = 1.1, topK
	s, err := New(o)
	require.NoError(t, err)
	logits := make([]float32, 5000)
	r := rand.New(rand.NewPCG(5, 6))
	step := func() {
		for i := range logits {
			logits[i] = r.Float32()
		}
		s.Accept(s.Sample(logits))
	}
	for range 200 {
		step()
	}
	assert.Zero(t, testing.AllocsPerRun(100, step))
}

func TestStopper(t *testing.T) {
	for _, c := range []struct {
		name    string
		stop    []string
		push    []string
		want    []string
		stopped bool
		flush   string
	}{
		{"none", nil, []string{"a", "b"}, []string{"a", "b"}, false, ""},
		{"in one piece", []string{"END"}, []string{"textEND more"}, []string{"text"}, true, ""},
		{"over pieces", []string{"END"}, []string{"text E", "N", "D"}, []string{"text ", "", ""}, true, ""},
		{"not after all", []string{"END"}, []string{"E", "N", "T"}, []string{"", "", "ENT"}, false, ""},
		{"begins again inside", []string{"aab"}, []string{"a", "a", "a", "b"}, []string{"", "", "a", ""}, true, ""},
		{"the earlier of two", []string{"cd", "b"}, []string{"abcd"}, []string{"a"}, true, ""},
		{"one within another", []string{"xyz", "y"}, []string{"x", "y"}, []string{"", "x"}, true, ""},
		{"held at the end", []string{"\n\nUser:"}, []string{"bye\n\nUs"}, []string{"bye"}, false, "\n\nUs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewStopper(c.stop)
			require.NoError(t, err)
			var got []string
			stopped := false
			for _, p := range c.push {
				require.False(t, stopped)
				var out string
				out, stopped = s.Push(p)
				got = append(got, out)
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.stopped, stopped)
			assert.Equal(t, c.flush, s.Flush())
		})
	}
	_, err := NewStopper([]string{"a", ""})
	var oe *errs.OptionError
	require.ErrorAs(t, err, &oe)
}

func FuzzSample(f *testing.F) {
	f.Add(uint64(1), float32(1), float32(0.5), 0.8, 0.9, 0.1, 5)
	f.Fuzz(func(t *testing.T, seed uint64, a, b float32, temp, topP, minP float64, topK int) {
		o := Options{Temperature: temp, TopK: topK, TopP: topP, MinP: minP, RepetitionPenalty: 1.3, PenaltyWindow: 4, Seed: seed}
		s, err := New(o)
		if err != nil {
			return
		}
		for range 5 {
			id := s.Sample([]float32{a, b, a * b, a - b, 0})
			require.True(t, id >= 0 && id < 5)
			s.Accept(id)
		}
	})
}

func ExampleSampler() {
	o := Defaults()
	o.Temperature = 0 // greedy
	s, _ := New(o)
	fmt.Println(s.Sample([]float32{0.1, 2.5, -1}))
	// Output: 1
}
