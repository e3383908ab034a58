package core

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   []int32
		source int
		agreed int
		guess  []int32 // five tokens
	}{
		{"empty", nil, 0, 0, nil},
		{"nothing again", []int32{1, 2, 3, 4, 5}, 0, 0, nil},
		{"one token is no match", []int32{1, 2, 3, 1}, 0, 0, nil},
		{"two tokens", []int32{1, 2, 3, 4, 5, 6, 7, 9, 1, 2}, 2, 2, []int32{3, 4, 5, 6, 7}},
		{"three before a later two", []int32{7, 1, 2, 50, 0, 1, 2, 60, 0, 7, 1, 2}, 3, 3, []int32{50, 0, 1, 2, 60}},
		{"the latest of equals", []int32{7, 1, 2, 50, 0, 7, 1, 2, 60, 0, 7, 1, 2}, 8, 4, []int32{60, 0, 7, 1, 2}},
		{"a match is kept while it agrees", []int32{5, 1, 2, 3, 4, 9, 2, 3, 8, 8, 5, 1, 2, 3}, 4, 4, []int32{4, 9, 2, 3, 8}},
		{"after a miss it is looked up again", []int32{1, 2, 3, 4, 9, 6, 7, 8, 1, 2, 3, 6, 7}, 7, 2, []int32{8, 1, 2, 3, 6}},
		{"a loop of one", []int32{3, 3, 3}, 2, 2, []int32{3, 3, 3, 3, 3}},
		{"a loop of two", []int32{1, 2, 1, 2, 1}, 3, 3, []int32{2, 1, 2, 1, 2}},
		{"negative ids and zeros", []int32{0, 0, -1, 0, 0}, 2, 2, []int32{-1, 0, 0, -1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLookup(20)
			for _, id := range c.text {
				l.add(id)
			}
			require.Equal(t, c.source, l.source)
			assert.Equal(t, c.agreed, l.agreed)
			if c.source > 0 {
				assert.Equal(t, append([]int32{-7}, c.guess...), l.guess([]int32{-7}, 5), "appended")
			}
		})
	}
}

// TestLookupReports: add says how each guess went.
func TestLookupReports(t *testing.T) {
	l := newLookup(20)
	type report struct {
		agreed int
		hit    bool
	}
	var got []report
	for _, id := range []int32{1, 2, 3, 4, 1, 2, 3, 5, 6} {
		agreed, hit := l.add(id)
		got = append(got, report{agreed, hit})
	}
	assert.Equal(t, []report{{}, {}, {}, {}, {}, {}, {2, true}, {3, false}, {}}, got)
}

// TestLookupAgainstSearch compares with a search through the whole text. Pairs with
// the same hash hide each other, which is rare in a text this short.
func TestLookupAgainstSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	missed, found := 0, 0
	for range 50 {
		l := newLookup(1 << 12)
		for range 150 {
			before := l.source
			_, hit := l.add(int32(r.IntN(5)))
			want := 0
			for _, n := range orders {
				for at := len(l.tokens) - 1; at >= n && want == 0; at-- {
					if equal(l.tokens[at-n:at], l.tokens[len(l.tokens)-n:]) {
						want = at
					}
				}
			}
			switch {
			case hit:
				require.Equal(t, before+1, l.source)
			case l.source != want:
				missed++
			case want > 0:
				found++
			}
			if l.source > 0 {
				n := min(l.agreed, l.source)
				require.Equal(t, l.tokens[l.source-n:l.source], l.tokens[len(l.tokens)-n:])
			}
		}
	}
	assert.Greater(t, found, 1000)
	assert.Less(t, missed, found/50)
}

func equal(a, b []int32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestLookupCrowded: with far more pairs than entries, what is found is still true.
func TestLookupCrowded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	l := newLookup(1 << 6)
	for range 20000 {
		l.add(int32(r.IntN(40)))
		if l.source > 0 {
			require.Equal(t, l.tokens[l.source-2:l.source], l.tokens[len(l.tokens)-2:])
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	l, i := newLookup(1<<14), int32(0)
	buf := make([]int32, 0, 64)
	assert.Zero(t, testing.AllocsPerRun(5000, func() {
		i++
		l.add(i % 7 * (i % 3))
		if l.source > 0 {
			l.guess(buf, 64)
		}
	}))
}

func BenchmarkLookup(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	ids := make([]int32, 4096)
	for i := range ids {
		ids[i] = int32(r.IntN(50))
	}
	for b.Loop() {
		l := newLookup(len(ids))
		for _, id := range ids {
			l.add(id)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ids)), "ns/token")
}
