package core_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/shard"
)

func openWorkers(t testing.TB, data []byte, workers int, o core.Options) *core.Model {
	t.Helper()
	m, err := core.OpenWorkers(context.Background(), core.Parts{{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}}, workers, o)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

// TestWorkersHaveTheSameBits: logits and tokens of every golden model don't depend
// on how many workers there are, also where heads, hidden values and vocabulary
// don't divide evenly. Packed weights are summed in halves (nn.Halved), which the models
// in float32 have when they are quantised.
func TestWorkersHaveTheSameBits(t *testing.T) {
	coretest.SkipLong(t)
	for _, f := range supported(t) {
		t.Run(f.Name, func(t *testing.T) {
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			for _, o := range []core.Options{{}, {KVType: "int8"}, {Quantize: "q8_0"}} {
				o.ContextLength = f.NCtx
				alone := open(t, f.ModelPath, o)
				want, err := alone.AllLogits(context.Background(), f.Prompt)
				require.NoError(t, err)
				wantIDs, _, _ := generate(t, alone, f.Prompt, greedy(len(f.Greedy)))
				for workers := 2; workers <= 4; workers++ {
					m := openWorkers(t, data, workers, o)
					got, err := m.AllLogits(context.Background(), f.Prompt)
					require.NoError(t, err)
					require.Equal(t, want, got, "%d workers, %+v", workers, o)
					ids, _, _ := generate(t, m, f.Prompt, greedy(len(f.Greedy)))
					require.Equal(t, wantIDs, ids, "%d workers, %+v", workers, o)
					i := m.Info()
					require.Len(t, i.WorkerMemory, workers)
					sum := int64(0)
					for _, w := range i.WorkerMemory {
						sum += w.Weights
					}
					assert.Equal(t, sum, i.Memory.Weights)
					assert.GreaterOrEqual(t, sum, alone.Info().Memory.Weights)
				}
			}
		})
	}
}

// TestWorkersSessions: several sessions, cut back and going on, have the same
// tokens with three workers as with one; a session that is gone is forgotten.
func TestWorkersSessions(t *testing.T) {
	data := coretest.NewTiny().Bytes(t)
	var want [][]int32
	for _, workers := range []int{1, 3} {
		m := openWorkers(t, data, workers, core.Options{})
		var got [][]int32
		one, err := m.NewSession()
		require.NoError(t, err)
		two, err := m.NewSession()
		require.NoError(t, err)
		o := greedy(5)
		got = append(got, idsOf(collect(t, one, []int32{1, 260}, o)), idsOf(collect(t, two, []int32{1, 261, 262}, o)))
		one.Truncate(3)
		got = append(got, idsOf(collect(t, one, []int32{262}, o)), idsOf(collect(t, two, []int32{260}, o)))
		for range 3 { // sessions without an owner
			s, err := m.NewSession()
			require.NoError(t, err)
			collect(t, s, []int32{1, 262}, o)
			runtime.GC()
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for _, err := range two.Generate(ctx, []int32{260}, o) {
			require.ErrorIs(t, err, context.Canceled)
		}
		got = append(got, idsOf(collect(t, two, []int32{261, 262}, o)))
		if workers == 1 {
			want = got
		} else {
			assert.Equal(t, want, got)
		}
	}
}

// failing is a reader that fails beyond some bytes.
type failing struct {
	io.ReaderAt
	limit int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off > f.limit {
		return 0, errors.New("the disk is gone")
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestOpenWorkersRejects(t *testing.T) {
	data := coretest.NewTiny().Bytes(t)
	part := core.Part{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}
	for _, n := range []int{-1, 0, 65, 1000} {
		_, err := core.OpenWorkers(context.Background(), core.Parts{part}, n, core.Options{})
		var option *errs.OptionError
		require.ErrorAs(t, err, &option, "%d workers", n)
		assert.Equal(t, "workers", option.Option)
	}
	part.ReaderAt = failing{part.ReaderAt, part.Size * 3 / 4}
	_, err := core.OpenWorkers(context.Background(), core.Parts{part}, 3, core.Options{})
	var read *core.ReadError
	require.ErrorAs(t, err, &read)
}

// TestWorkerDies: whatever the others are doing, a worker that is lost is an error
// with a code, now and at every later call, and nothing waits for it.
func TestWorkerDies(t *testing.T) {
	data := coretest.NewTiny().Bytes(t)
	groups := shard.Local(2)
	models := make([]*core.Model, 2)
	for r := range models {
		var err error
		models[r], err = core.Open(context.Background(), bytes.NewReader(data), int64(len(data)), core.Options{Group: groups[r]})
		require.NoError(t, err)
	}
	followed := make(chan error, 1)
	go func() { followed <- models[1].Follow() }()
	s, err := models[0].NewSession()
	require.NoError(t, err)
	n := 0
	for _, err := range s.Generate(context.Background(), []int32{1, 260}, greedy(20)) {
		if n++; n == 4 {
			groups[1].Break(errors.New("worker 1 was killed"))
		} else if n > 4 {
			require.ErrorContains(t, err, "worker 1 was killed")
			assert.Equal(t, "worker", core.Code(err))
		} else {
			require.NoError(t, err)
		}
	}
	assert.Equal(t, 5, n)
	_, err = models[0].Logits(context.Background(), []int32{1})
	assert.Equal(t, "worker", core.Code(err))
	select {
	case err := <-followed:
		assert.Equal(t, "worker", core.Code(err))
	case <-time.After(10 * time.Second):
		t.Fatal("the follower hangs")
	}
	models[0].Close()
	models[0].Close()
}

// TestClosedModel: what a session is asked for after its model was closed is an error, also
// in the midst of an answer, and hangs with no number of workers.
func TestClosedModel(t *testing.T) {
	data := coretest.NewTiny().Bytes(t)
	for workers := 1; workers <= 3; workers++ {
		m := openWorkers(t, data, workers, core.Options{})
		s, err := m.NewSession()
		require.NoError(t, err)
		n := 0
		var last error
		for _, last = range s.Generate(context.Background(), []int32{1}, greedy(20)) {
			if n++; n == 3 {
				m.Close()
			}
		}
		assert.Equal(t, 4, n)
		assert.Equal(t, "worker", core.Code(last))
		_, err = m.Logits(context.Background(), []int32{1})
		assert.Equal(t, "worker", core.Code(err))
		_, err = m.Embed(context.Background(), []int32{1}, core.EmbedOptions{})
		assert.Equal(t, "worker", core.Code(err))
		o := greedy(2)
		o.Residual = &core.ResidualOptions{}
		for _, last = range s.Generate(context.Background(), []int32{1}, o) {
			assert.Equal(t, "worker", core.Code(last))
		}
		m.Close()
	}
}

func BenchmarkWorkers(b *testing.B) {
	data, err := os.ReadFile("../www/models/stories.gguf")
	require.NoError(b, err)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			m := openWorkers(b, data, workers, core.Options{})
			for b.Loop() {
				s, err := m.NewSession()
				require.NoError(b, err)
				for _, err := range s.Generate(context.Background(), []int32{1}, greedy(50)) {
					require.NoError(b, err)
				}
			}
			b.ReportMetric(50*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// A costlyGroup has workers to which it is cheaper to compute some rows all of them.
type costlyGroup struct{ *shard.LocalGroup }

func (costlyGroup) Costly() bool { return true }

// TestCostlyExchange: what every worker computes itself has the same bits, and memory
// is counted for what it is.
func TestCostlyExchange(t *testing.T) {
	coretest.SkipLong(t)
	for _, f := range supported(t) {
		t.Run(f.Name, func(t *testing.T) {
			o := core.Options{ContextLength: f.NCtx}
			want, err := load(t, f).AllLogits(context.Background(), f.Prompt)
			require.NoError(t, err)
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			models := make([]*core.Model, 3)
			for r, group := range shard.Local(len(models)) {
				o.Group = costlyGroup{group}
				models[r], err = core.Open(context.Background(), bytes.NewReader(data), int64(len(data)), o)
				require.NoError(t, err)
			}
			for _, m := range models[1:] {
				go func() { assert.NoError(t, m.Follow()) }()
			}
			defer models[0].Close()
			got, err := models[0].AllLogits(context.Background(), f.Prompt)
			require.NoError(t, err)
			require.Equal(t, want, got)
			cheap := openWorkers(t, data, len(models), core.Options{ContextLength: f.NCtx}).Info().Memory.Weights
			plan, err := core.Inspect(context.Background(), core.Parts{{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}}, len(models),
				core.Options{ContextLength: f.NCtx, Group: shard.Plan(0, len(models), true)})
			require.NoError(t, err)
			assert.Equal(t, models[0].Info().WorkerMemory, plan.WorkerMemory)
			assert.GreaterOrEqual(t, plan.Memory.Weights, cheap)
		})
	}
}

// countedGroup counts the exchanges.
type countedGroup struct {
	shard.Group
	costly bool
	n      int
}

func (g *countedGroup) Costly() bool { return g.costly }

func (g *countedGroup) AllGather(x []float32, s shard.Split) {
	g.n++
	g.Group.AllGather(x, s)
}

func (g *countedGroup) Gather(x []float32, s shard.Split) {
	g.n++
	g.Group.Gather(x, s)
}

func (g *countedGroup) Broadcast(message []int32) {
	g.n++
	g.Group.Broadcast(message)
}

// TestExchanges: a token takes as many exchanges as Info says, in every architecture, with
// weights in float32 and packed. Two workers with packed weights exchange twice a layer.
func TestExchanges(t *testing.T) {
	coretest.SkipLong(t)
	assert.Zero(t, openWorkers(t, coretest.NewTiny().Bytes(t), 1, core.Options{}).Info().Exchanges, "one worker")
	for _, f := range supported(t) {
		t.Run(f.Name, func(t *testing.T) {
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			for _, quantize := range []string{"", "q8_0"} {
				for _, workers := range []int{2, 3} {
					for _, costly := range []bool{false, true} {
						models, counted := make([]*core.Model, workers), &countedGroup{costly: costly}
						for r, group := range shard.Local(workers) {
							o := core.Options{ContextLength: f.NCtx, Quantize: quantize, Group: &countedGroup{Group: group, costly: costly}}
							if r == 0 {
								counted.Group, o.Group = group, counted
							}
							models[r], err = core.Open(context.Background(), bytes.NewReader(data), int64(len(data)), o)
							require.NoError(t, err)
						}
						for _, m := range models[1:] {
							go func() { assert.NoError(t, m.Follow()) }()
						}
						t.Cleanup(models[0].Close)
						s, err := models[0].NewSession() // one, as workers are told when one is gone
						require.NoError(t, err)
						var took [2]int // with one token more
						for n := range took {
							before := counted.n
							require.Len(t, collect(t, s, f.Prompt[:2], greedy(2+n)), 2+n)
							took[n] = counted.n - before
						}
						runtime.KeepAlive(s)
						i := models[0].Info()
						assert.Equal(t, i.Exchanges, took[1]-took[0], "quantised to %q, %d workers, costly: %v", quantize, workers, costly)
						if f.Name == "q_llama_q8_0" && workers == 2 {
							assert.Equal(t, 2*i.NumLayers+3, i.Exchanges)
						}
					}
				}
			}
		})
	}
}
